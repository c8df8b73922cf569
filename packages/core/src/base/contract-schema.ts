import * as z from 'zod'

/** What one endpoint takes and answers. `responses` holds the successful ones by status; `null` is an empty body. */
export interface EndpointContract {
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  responses: Record<number, z.ZodType | null>
}

/** RFC 3339, UTC, in the years that a database knows. */
export const Timestamp = z.iso.datetime().refine((text) => !text.startsWith('0000'), 'must be in year 1 or later')

/** As far as a column counts. */
const maxCount = 2_147_483_647

/** A place in a history that is counted from 1. */
export const VersionNumber = z.int().positive().max(maxCount)

/** The same in a path or a query, where everything is text. */
export const VersionParameter = z.coerce.number().int().positive().max(maxCount)

/** How far into a history that is counted from 1, in a query; 0 is before its beginning. */
export const SequenceParameter = z.coerce.number().int().nonnegative().max(maxCount)

/** Keyset pagination: `cursor` is the `nextCursor` of the page before. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1000).optional(),
})

/** One page of a list; `nextCursor` is null on the last one. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ data: z.array(item), nextCursor: z.string().nullable() })
}

/** Tokens in disjoint classes: `inputTokens` leaves out cached ones, `outputTokens` leaves out reasoning. */
export const TokenUsage = z.strictObject({
  inputTokens: z.int().nonnegative(),
  cachedTokens: z.int().nonnegative(),
  cacheWriteTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  reasoningTokens: z.int().nonnegative(),
})
export type TokenUsage = z.infer<typeof TokenUsage>

/**
 * One fault of a request: `pointer` is a JSON pointer into the part it is `in`, which is the body when left out. A fault
 * of a workflow says its severity and the node that it lies in.
 */
export const RequestFault = z.strictObject({
  in: z.enum(['body', 'query', 'path', 'header']).optional(),
  pointer: z.string(),
  code: z.string().optional(),
  message: z.string(),
  nodeId: z.string().nullable().optional(),
  severity: z.enum(['error', 'warning']).optional(),
})
export type RequestFault = z.infer<typeof RequestFault>

/** RFC 9457 problem details: `code` is stable, `detail` says what to do, further members are facts to draw. */
export const Problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  instance: z.string().optional(),
  requestId: z.string(),
  errors: z.array(RequestFault).optional(),
})
export type Problem = z.infer<typeof Problem>

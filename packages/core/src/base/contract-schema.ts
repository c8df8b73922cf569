import * as z from 'zod'

/** What one endpoint takes and answers. `responses` holds the successful ones by status; `null` is an empty body. */
export interface EndpointContract {
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  responses: Record<number, z.ZodType | null>
}

/** RFC 3339, UTC. */
export const Timestamp = z.iso.datetime()

/** Keyset pagination: `cursor` is the `nextCursor` of the page before. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1000).optional(),
})

/** One page of a list; `nextCursor` is null on the last one. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ data: z.array(item), nextCursor: z.string().nullable() })
}

/** RFC 9457 problem details: `code` is stable, `errors` points into the request body by JSON pointer. */
export const Problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  instance: z.string().optional(),
  requestId: z.string(),
  errors: z.array(z.object({ pointer: z.string(), code: z.string().optional(), message: z.string() })).optional(),
})
export type Problem = z.infer<typeof Problem>

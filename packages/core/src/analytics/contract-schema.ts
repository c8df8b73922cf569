import * as z from 'zod'
import type { EndpointContract } from '../base/contract-schema.ts'
import { PageQuery, page, Timestamp, TokenUsage } from '../base/contract-schema.ts'
import type { analyticsEndpoints } from './endpoints.ts'

const NanoUsdPerMillion = z.int().nonnegative()

/** What a model costs from a day on, in nano-USD (1e-9 USD) per million tokens of each disjoint class. */
export const ModelPrice = z.strictObject({
  id: z.string(),
  model: z.string(),
  provider: z.string().nullable(),
  validFrom: Timestamp,
  inputPerMillion: NanoUsdPerMillion,
  cachedPerMillion: NanoUsdPerMillion,
  cacheWritePerMillion: NanoUsdPerMillion,
  outputPerMillion: NanoUsdPerMillion,
  reasoningPerMillion: NanoUsdPerMillion,
  source: z.enum(['builtin', 'custom']),
  note: z.string().nullable(),
})
export type ModelPrice = z.infer<typeof ModelPrice>

/** One call of a model: the row that every rollup is made from. */
export const Execution = z.strictObject({
  id: z.string(),
  runId: z.string().nullable(),
  nodeId: z.string().nullable(),
  address: z.string().nullable(),
  kind: z.enum(['prompt', 'try', 'judge']),
  model: z.string(),
  provider: z.string().nullable(),
  promptId: z.string().nullable(),
  promptVersionId: z.string().nullable(),
  status: z.enum(['succeeded', 'failed']),
  errorCode: z.string().nullable(),
  latencyMs: z.number(),
  ...TokenUsage.shape,
  costNanoUsd: z.int().nullable(),
  startedAt: Timestamp,
})
export type Execution = z.infer<typeof Execution>

/** How good a run was, or one call of a model in it: said by a person, an application or a judge. */
export const Score = z.strictObject({
  id: z.string(),
  runId: z.string().nullable(),
  executionId: z.string().nullable(),
  name: z.string(),
  value: z.number(),
  comment: z.string().nullable(),
  source: z.enum(['api', 'human', 'judge']),
  createdBy: z.strictObject({ kind: z.string(), id: z.string().nullable() }),
  createdAt: Timestamp,
})
export type Score = z.infer<typeof Score>

const NewScore = z
  .strictObject({
    runId: z.uuidv7().optional(),
    executionId: z.uuidv7().optional(),
    name: z
      .string()
      .max(90)
      .regex(/^[A-Za-z][A-Za-z0-9._-]*$/, 'must begin with a letter and hold only letters, digits, ".", "_" and "-"')
      .refine(
        (name) => !name.startsWith('score.'),
        'must go without "score.": that is how a test names it among its metrics',
      ),
    value: z.number().min(-1e15).max(1e15),
    comment: z.string().max(10_000).nullable().default(null),
    source: Score.shape.source.default('api'),
  })
  .refine(
    ({ runId, executionId }) => (runId === undefined) !== (executionId === undefined),
    'must have exactly one of "runId" and "executionId"',
  )

export const analyticsContract = {
  listPrices: { query: PageQuery.extend({ model: z.string().optional() }), responses: { 200: page(ModelPrice) } },
  createPrice: {
    body: ModelPrice.omit({ id: true, source: true, note: true }).extend({
      model: z.string().min(1).max(255),
      provider: z.string().min(1).max(255).nullable().default(null),
      cachedPerMillion: NanoUsdPerMillion.optional(),
      cacheWritePerMillion: NanoUsdPerMillion.optional(),
      reasoningPerMillion: NanoUsdPerMillion.optional(),
    }),
    responses: { 201: ModelPrice },
  },
  deletePrice: { params: z.strictObject({ id: z.uuidv7() }), responses: { 204: null } },
  createScore: { body: NewScore, responses: { 201: Score } },
  listScores: {
    query: PageQuery.extend({
      runId: z.uuidv7().optional(),
      executionId: z.uuidv7().optional(),
      name: z.string().max(100).optional(),
    }),
    responses: { 200: page(Score) },
  },
  listExecutions: {
    query: PageQuery.extend({
      runId: z.uuidv7().optional(),
      promptId: z.uuidv7().optional(),
      model: z.string().optional(),
    }),
    responses: { 200: page(Execution) },
  },
} as const satisfies Record<keyof typeof analyticsEndpoints, EndpointContract>

import * as z from 'zod'
import { TokenUsage } from '../base/contract-schema.ts'
import { HumanChoice, JsonSchemaShape } from './document-schema.ts'

export { TokenUsage }

const NodeType = z.enum(['prompt', 'condition', 'loop', 'parallel', 'human', 'tool'])

/** A failure as data: a stable code, what happened, and the node where it happened. */
export const RunError = z.strictObject({
  code: z.string(),
  message: z.string(),
  nodeId: z.string().nullable().optional(),
  address: z.string().nullable().optional(),
})
export type RunError = z.infer<typeof RunError>

/** One finished call of a model, as a worker reports it; the control plane adds its cost. */
export const ModelCall = z.strictObject({
  id: z.string(),
  modelId: z.string(),
  model: z.string(),
  provider: z.string().nullable(),
  promptId: z.string().nullable(),
  promptVersionId: z.string().nullable(),
  status: z.enum(['succeeded', 'failed']),
  errorCode: z.string().nullable(),
  startedAt: z.string(),
  latencyMs: z.number().nonnegative(),
  usage: TokenUsage,
  costNanoUsd: z.int().nonnegative().nullable(),
})
export type ModelCall = z.infer<typeof ModelCall>

/** What a human node shows and asks for while it waits. */
export const InterruptRequest = z.strictObject({
  message: z.string(),
  form: JsonSchemaShape.optional(),
  choices: z.array(HumanChoice).optional(),
  assignees: z.array(z.string()).optional(),
  dueAt: z.string().optional(),
})
export type InterruptRequest = z.infer<typeof InterruptRequest>

/** The value of a human node: what was chosen or filled in, by whom and when. */
export const HumanAnswer = z.strictObject({
  choice: z.string().optional(),
  values: z.unknown().optional(),
  by: z.string(),
  at: z.string(),
})
export type HumanAnswer = z.infer<typeof HumanAnswer>

const node = { address: z.string(), nodeId: z.string(), nodeType: NodeType }

/** What happened in a run, before the control plane has numbered it. `attempt` counts executions of that address from 1. */
export const RunEventBody = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run.started') }),
  /** A worker took the run up again: after an answer, a crash or a drain. */
  z.object({ type: z.literal('run.resumed'), attempt: z.int() }),
  z.object({
    type: z.literal('node.started'),
    ...node,
    attempt: z.int(),
    /** Items of a map, branches of a branches node; absent for other nodes. */
    total: z.int().optional(),
  }),
  /** A loop began another pass (`pass` counts from 0) or a map finished more items (`done` of `total`). */
  z.object({
    type: z.literal('node.progress'),
    ...node,
    pass: z.int().optional(),
    done: z.int().optional(),
    total: z.int().optional(),
  }),
  z.object({
    type: z.literal('node.retrying'),
    ...node,
    attempt: z.int(),
    delayMs: z.number(),
    error: RunError,
    calls: z.array(ModelCall).optional(),
  }),
  z.object({
    type: z.literal('node.completed'),
    ...node,
    attempt: z.int(),
    output: z.unknown().optional(),
    durationMs: z.number(),
    /** The model calls of this attempt; those before are with their `node.retrying`. */
    calls: z.array(ModelCall).optional(),
  }),
  z.object({
    type: z.literal('node.failed'),
    ...node,
    attempt: z.int(),
    error: RunError,
    durationMs: z.number(),
    /** What the run did about it: it failed, went on without a value, or took the error edge. */
    handling: z.enum(['fail', 'continue', 'route', 'collect', 'skip']),
    calls: z.array(ModelCall).optional(),
  }),
  z.object({ type: z.literal('node.waiting'), ...node, request: InterruptRequest }),
  z.object({ type: z.literal('run.waiting'), addresses: z.array(z.string()) }),
  z.object({ type: z.literal('run.completed'), output: z.record(z.string(), z.unknown()) }),
  z.object({ type: z.literal('run.failed'), error: RunError }),
  z.object({ type: z.literal('run.cancelled'), by: z.string() }),
])
export type RunEventBody = z.infer<typeof RunEventBody>

const numbering = z.object({
  runId: z.string(),
  /** Gapless per run, from 1: the SSE event id. */
  seq: z.int().positive(),
  at: z.string(),
})
export const RunEvent = z.intersection(numbering, RunEventBody)
export type RunEvent = z.infer<typeof numbering> & RunEventBody

export const RunStatus = z.enum(['queued', 'running', 'waiting', 'completed', 'failed', 'cancelled'])
export type RunStatus = z.infer<typeof RunStatus>

/** One node execution whose outcome is recorded: a run that is taken up again never repeats it. */
export const JournalEntry = z.strictObject({
  address: z.string(),
  nodeId: z.string(),
  status: z.enum(['completed', 'failed']),
  output: z.unknown().optional(),
  error: RunError.optional(),
  attempts: z.int().positive(),
  startedAt: z.string(),
  finishedAt: z.string(),
  calls: z.array(ModelCall).optional(),
})
export type JournalEntry = z.infer<typeof JournalEntry>

/** A question that a run waits on. `address` names it in `resume`. */
export const Interrupt = z.strictObject({
  address: z.string(),
  nodeId: z.string(),
  status: z.enum(['pending', 'answered', 'expired', 'cancelled']),
  request: InterruptRequest,
  answer: HumanAnswer.nullable(),
  createdAt: z.string(),
  answeredAt: z.string().nullable(),
})
export type Interrupt = z.infer<typeof Interrupt>

/** A version that is composed into another, and the label that led to it; null where it was referred to by its number. */
const ComposedPin = z.strictObject({
  promptId: z.string(),
  versionId: z.string(),
  versionNumber: z.int(),
  label: z.string().nullable(),
})

/** The prompt version that a node of a run is pinned to, whatever its ref names later. */
export const PromptPin = z.strictObject({
  promptId: z.string(),
  versionId: z.string(),
  versionNumber: z.int(),
  /** The variant of the A/B test that chose the version; null where none did. */
  variantId: z.string().nullable(),
  /** That test, the epoch of its weights, and the unit that it was assigned by. */
  assignment: z.strictObject({ testId: z.string(), epoch: z.int(), unit: z.string() }).optional(),
  /** All that is composed into it, and into that, whatever labels name later; absent when it refers to nothing. */
  references: z.array(ComposedPin).optional(),
})
export type PromptPin = z.infer<typeof PromptPin>

export const Run = z.strictObject({
  id: z.string(),
  workflowId: z.string(),
  workflowVersion: z.int(),
  status: RunStatus,
  input: z.record(z.string(), z.unknown()),
  output: z.record(z.string(), z.unknown()).nullable(),
  error: RunError.nullable(),
  /** By node id. */
  pins: z.record(z.string(), PromptPin),
  unit: z.string().nullable(),
  attributes: z.record(z.string(), z.unknown()).nullable(),
  usage: TokenUsage,
  costNanoUsd: z.int(),
  interrupts: z.array(Interrupt),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
})
export type Run = z.infer<typeof Run>

import { FairleadError } from '../base/index.ts'
import type { Handle, JournalEntry, ModelCall, RunError } from '../workflow/index.ts'
import { addressOf } from './address.ts'
import type { Attempt } from './attempt.ts'
import { withTimeout } from './attempt.ts'
import type { CallPlace } from './call-place.ts'
import type { Execution } from './context.ts'
import { evaluateMapping } from './evaluate.ts'
import { mustPass, NodeFailure, toRunError } from './failure.ts'
import type { Frame } from './frame.ts'
import { askHuman } from './human.ts'
import { elapsed, nodeEvent } from './node-event.ts'
import type { PlannedNode } from './plan.ts'
import { runPrompt } from './prompt-node.ts'
import type { Recordable } from './recordable.ts'
import { recordable } from './recordable.ts'
import type { StepContext } from './step-context.ts'
import { runTool } from './tool-node.ts'

/**
 * Executes a prompt, tool or human node, or takes what the journal recorded for its address. The value goes to the
 * node's variable. A failure is thrown; where the node takes it itself it has been recorded, so a replay repeats nothing.
 */
export async function executeLeaf(
  context: StepContext,
  planned: PlannedNode,
  frame: Frame,
  execution: Execution,
): Promise<Handle> {
  const address = addressOf(planned, frame)
  const recorded = execution.journal?.read(address)
  if (recorded?.status === 'failed')
    throw new NodeFailure(recorded.error ?? unknownFailure(planned, address), undefined)
  const value = recorded ? recorded.output : await perform(context, planned, frame, execution, address)
  delete frame.data.question
  const { config } = planned.node.data
  if ('outputVariable' in config) frame.set(config.outputVariable, value)
  if (context.plan.readsOutput) frame.data.output = value
  return 'out'
}

async function perform(
  context: StepContext,
  planned: PlannedNode,
  frame: Frame,
  execution: Execution,
  address: string,
): Promise<unknown> {
  if (planned.node.type === 'human') {
    const { answer, askedAt } = askHuman(planned, frame, execution, address)
    const output = recordable(answer, giverOf(planned))
    record(execution, planned, { address, startedAt: askedAt, attempt: 1 }, { output })
    return output.value
  }
  const first = execution.attemptsBefore(address) + 1
  const { maxAttempts = 1, initialIntervalMs = 0, backoffFactor = 1 } = planned.node.data.retry ?? {}
  execution.emit(nodeEvent(execution, planned, address, { type: 'node.started', attempt: first }))
  await execution.journal?.settled()
  const startedAt = execution.clock()
  const calls: ModelCall[] = []
  const callsSince = (noted: number) => (calls.length > noted ? { calls: calls.slice(noted) } : {})
  for (
    let attempt = first, delayMs = initialIntervalMs;
    ;
    attempt++, delayMs = Math.min(delayMs * backoffFactor, maxDelayMs)
  ) {
    const place = { address, startedAt, attempt }
    const noted = calls.length
    try {
      const input = evaluateMapping(planned, frame)
      const run = (tried: Attempt) => call(context, planned, input, { ...tried, address, attempt, execution, calls })
      const output = recordable(await withTimeout(planned.node, execution.signal, run), giverOf(planned))
      checkWrite(context, planned, output.value)
      record(execution, planned, place, { output, calls }, callsSince(noted))
      return output.value
    } catch (cause) {
      if (mustPass(cause, execution.signal)) throw cause
      const error = toRunError(cause, planned.node.id, address)
      if (attempt - first + 1 >= maxAttempts || !isWorthRetrying(cause)) {
        record(execution, planned, place, { error, calls }, callsSince(noted))
        throw new NodeFailure(error, cause)
      }
      const retrying = { type: 'node.retrying' as const, attempt, delayMs, error, ...callsSince(noted) }
      execution.emit(nodeEvent(execution, planned, address, retrying))
      await pause(delayMs, execution.signal)
    }
  }
}

/** Before it is recorded: a value that the variable does not take is a failure of the node that gave it. */
function checkWrite({ plan }: StepContext, { node }: PlannedNode, value: unknown): void {
  if (!('outputVariable' in node.data.config)) return
  plan.writeChecks.get(node.data.config.outputVariable)?.(node.id, value)
}

function call(
  { sources }: StepContext,
  { node }: PlannedNode,
  input: Record<string, unknown>,
  place: CallPlace,
): Promise<unknown> {
  switch (node.type) {
    case 'prompt':
      return runPrompt(sources, node, input, place)
    case 'tool':
      return runTool(sources, node, input, place)
    default:
      throw new FairleadError('workflow.unplanned', `A ${node.type} node is not executed as a leaf.`)
  }
}

function record(
  execution: Execution,
  planned: PlannedNode,
  { address, startedAt, attempt }: { address: string; startedAt: number; attempt: number },
  result: { output?: Recordable; error?: RunError; calls?: ModelCall[] },
  /** The model calls of the last attempt: the event tells of those, the entry of all. */
  lastCalls: { calls?: ModelCall[] } = {},
): void {
  const finishedAt = execution.clock()
  const durationMs = elapsed(startedAt, finishedAt)
  const calls = result.calls && result.calls.length > 0 ? { calls: result.calls } : {}
  const event = nodeEvent(
    execution,
    planned,
    address,
    result.error
      ? { type: 'node.failed', attempt, error: result.error, durationMs, handling: planned.handling, ...lastCalls }
      : { type: 'node.completed', attempt, output: result.output?.value, durationMs, ...lastCalls },
  )
  if (!execution.journal) {
    execution.emit(event)
    return
  }
  const entry: JournalEntry = {
    address,
    nodeId: planned.node.id,
    status: result.error ? 'failed' : 'completed',
    ...(result.error ? { error: result.error } : { output: result.output?.value }),
    attempts: attempt,
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: new Date(finishedAt).toISOString(),
    ...calls,
  }
  execution.journal.record(entry, [event], { size: result.output?.size ?? 0, isLast: planned.endsRun })
}

function giverOf({ node }: PlannedNode): string {
  return `The node "${node.id}"`
}

/** A day; timers know no more than 24. */
const maxDelayMs = 86_400_000

/** Bad input stays bad however often it is sent. */
function isWorthRetrying(error: unknown): boolean {
  if (error instanceof FairleadError) return !permanent.has(error.code)
  const status = (error as { status?: unknown } | null)?.status
  return typeof status !== 'number' || status >= 500 || status === 408 || status === 409 || status === 429
}

const permanent = new Set([
  'expression.evaluation',
  'expression.missing_variable',
  'tool.unknown',
  'tool.invalid_input',
  'prompt.unknown',
  'tool.invalid',
  'model.unknown',
  'model.invalid',
  'workflow.unfit_write',
  'run.too_large',
])

function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, delayMs)
    signal?.addEventListener('abort', abort, { once: true })
  })
}

function unknownFailure({ node }: PlannedNode, address: string): RunError {
  return { code: 'node.failed', message: `The node "${node.id}" failed.`, nodeId: node.id, address }
}

import { FairleadError } from '../base/index.ts'
import type { MapNodeConfig, RunError } from '../workflow/index.ts'
import { addressOf, bodyPrefix } from './address.ts'
import type { Execution } from './context.ts'
import { currentPass, evaluate, expressionOf } from './evaluate.ts'
import { mustPass, NodeFailure, toRunError } from './failure.ts'
import type { Frame, FrameData } from './frame.ts'
import type { Plan, PlannedNode } from './plan.ts'
import { closeContainer, openContainer } from './step.ts'

/** What the inside of a parallel node gave at one position: an item's result or failure, and what it wrote. */
export interface BodyResult {
  value?: unknown
  error?: RunError
  deltas: Record<string, unknown>
}

/** One branch or item to run. Plain data: it may lie in a checkpoint. */
export interface BodyStart {
  position: number
  data: FrameData
  /** Where its container stands, which has to be closed when a failure in here ends the run. */
  around: Pick<FrameData, 'prefix' | 'passes' | 'entered'>
}

/** Enters a parallel node: what it spreads over. */
export function spread(plan: Plan, planned: PlannedNode, frame: Frame, execution: Execution): unknown[] {
  const items = itemsOf(plan, planned, frame)
  openContainer(planned, frame, execution, items.length)
  return items
}

function itemsOf(plan: Plan, planned: PlannedNode, frame: Frame): unknown[] {
  const { node } = planned
  if (mapConfigOf(planned) === null) return plan.structure.regions.get(node.id)!.bodies.map((_, branch) => branch)
  const items = evaluate(expressionOf(planned, 'items'), planned, frame)
  if (Array.isArray(items)) return items
  const found = items === null ? 'null' : `a value of type ${typeof items}`
  throw new FairleadError('workflow.not_a_list', `The items of "${node.id}" are ${found}; a map needs a list.`)
}

/** The scopes in which the branches or items start: only the names that the body reads go along. */
export function startsOf(plan: Plan, planned: PlannedNode, frame: Frame, items: readonly unknown[]): BodyStart[] {
  const outer: Record<string, unknown> = {}
  for (const name of plan.readsOf(planned.node.id)) {
    const value = frame.get(name)
    if (value !== undefined) outer[name] = value
  }
  const map = mapConfigOf(planned)
  const loop = currentPass(planned, frame)
  const { run, output, error, index, prefix, passes, entered } = frame.data
  const around = { prefix, passes, entered }
  const common: Partial<FrameData> = {}
  if (index !== undefined) common.index = index
  if (loop !== undefined) common.loop = loop
  if (output !== undefined) common.output = output
  if (error !== undefined) common.error = error
  const at = addressOf(planned, frame)
  return items.map((item, position) => {
    const data: FrameData = {
      ...common,
      run,
      prefix: bodyPrefix(at, position),
      outer: map ? { ...outer, [map.itemVariable]: item ?? null } : outer,
      passes: {},
      entered: {},
    }
    if (map) data.index = position
    return { position, data, around }
  })
}

/** The result of a body that has ended: a map's `result` in the item's own scope, and what may leave the body. */
export function resultOf(plan: Plan, planned: PlannedNode, frame: Frame, own: Record<string, unknown>): BodyResult {
  if (mapConfigOf(planned) === null) return { deltas: own }
  const value = evaluate(expressionOf(planned, 'result'), undefined, frame)
  const deltas = Object.fromEntries(Object.entries(own).filter(([name]) => plan.reducers[name] !== undefined))
  return { value: value ?? null, deltas }
}

/** Runs one body; the failure of an item becomes its result where the map takes it, else it is thrown as data. */
export async function attemptBody(
  planned: PlannedNode,
  address: string,
  signal: AbortSignal,
  body: () => Promise<BodyResult>,
): Promise<BodyResult> {
  try {
    return await body()
  } catch (cause) {
    if (mustPass(cause, signal)) throw cause
    const error = toRunError(cause, planned.node.id, address)
    if ((mapConfigOf(planned)?.onItemError ?? 'fail') !== 'fail') return { error, deltas: {} }
    throw cause instanceof NodeFailure ? cause : new NodeFailure(error, cause)
  }
}

/** Leaves a parallel node: combines what its bodies gave, in the order of their positions. */
export function join(
  plan: Plan,
  planned: PlannedNode,
  frame: Frame,
  execution: Execution,
  results: readonly BodyResult[],
): void {
  const map = mapConfigOf(planned)
  const onItemError = map?.onItemError ?? 'fail'
  const failed = results.find(({ error }) => error !== undefined)
  if (failed?.error && onItemError === 'fail') throw new NodeFailure(failed.error, undefined)
  for (const { deltas } of results) for (const [name, delta] of Object.entries(deltas)) frame.merge(name, delta)
  if (map) {
    const kept = onItemError === 'skip' ? results.filter(({ error }) => error === undefined) : results
    const values = kept.map(({ value, error }) => (error ? { error } : value))
    frame.set(map.outputVariable, values)
    if (plan.readsOutput) frame.data.output = values
  }
  closeContainer(planned, frame, execution, null)
}

function mapConfigOf({ node }: PlannedNode): MapNodeConfig | null {
  return node.type === 'parallel' && node.data.config.mode === 'map' ? node.data.config : null
}

/** The address of the container's execution that a body belongs to: `tickets[3]/` → `tickets`. */
export function containerAddress({ data: { prefix } }: BodyStart): string {
  return prefix.slice(0, prefix.lastIndexOf('['))
}

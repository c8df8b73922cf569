import type { JsonSchema } from '../base/index.ts'
import type { CatalogIndex } from './catalog.ts'
import type { WorkflowNode, WorkflowVariable } from './document-schema.ts'
import type { Handle } from './flow.ts'
import { handlesOf } from './flow.ts'
import type { Body } from './region.ts'
import type { WorkflowStructure } from './structure.ts'
import { maxNesting } from './structure.ts'
import { outputVariableOf, writtenSchema } from './writes.ts'

/**
 * What is certain at one point of the flow: which variables every path to it has written, whether every path came
 * through an `error` handle, and what `output` is there.
 *
 * Definite assignment over the structured graph. Paths that meet know what all of them know. A loop may make no pass,
 * so what its body writes is not certain after it; all branches of a parallel node end before `done`, so what each of
 * them is certain of is. A node that may fail and go on may not have written. Points that no path reaches know
 * all that any node may have written: they, or the fault before them, are reported, and no more is guessed about them.
 */
export interface FlowPoint {
  isWritten(variable: string): boolean
  hasError: boolean
  /** The schema of `output`; null when some path to here has no node before it that wrote. */
  output: JsonSchema | null
}

export interface DataFlow {
  before(nodeId: string): FlowPoint
  /** Where the passes of a loop, the items of a map or the branches of a container end. */
  bodyEnd(container: string): FlowPoint
  /** `output` where a body begins: for a loop also what an earlier pass left. */
  bodyStart(container: string): FlowPoint
  /** Where the run ends: what the outputs of the workflow are evaluated on. */
  end: FlowPoint
}

/** `output` at a point, relative to the start of its region: what came in there may still stand, or one of `written`. */
interface RegionOutput {
  fromStart: boolean
  written: JsonSchema | undefined
}

/** What is known at a point; null where no sound path leads, so that everything may be taken for granted. */
type State = Known | null

interface Known {
  /** One bit per variable, then one for `error`. */
  bits: Uint32Array
  output: RegionOutput
}

const atStart: RegionOutput = { fromStart: true, written: undefined }

/** Analyses the data flow of any workflow of valid shape; never throws. */
export function analyzeDataFlow(
  structure: WorkflowStructure,
  catalog: CatalogIndex,
  opaque: ReadonlySet<string>,
): DataFlow {
  const bitOf = new Map(Object.keys(structure.workflow.variables).map((name, bit) => [name, bit]))
  const errorBit = bitOf.size
  const befores = new Map<string, State>()
  const ends = new Map<string, State>()
  const unsound = new Set(opaque)
  for (const index of structure.faults.edges.keys()) unsound.add(structure.workflow.edges[index]!.source)
  const meetings = new Set(structure.faults.meetings.map(({ nodeId }) => nodeId))

  /** Walks one body from its entry; answers the state in which it ends. */
  const walk = (body: Body, start: State, depth: number): State => {
    const inside = new Set(body.order)
    const behind = new Map<string, ReadonlyMap<Handle, State>>()
    const finals: State[] = []
    for (const nodeId of body.order) {
      const node = structure.nodes.get(nodeId)!
      const incoming = structure
        .entering(nodeId)
        .filter((edge) => inside.has(edge.source))
        .map((edge) => behind.get(edge.source)?.get(edge.handle) ?? null)
      const before = meetings.has(nodeId) ? null : nodeId === body.entry ? start : incoming.reduce(meet, null)
      befores.set(nodeId, before)
      const states = pass(node, before, depth)
      behind.set(nodeId, states)
      for (const [handle, state] of states) {
        if (endsPath(structure, node, handle)) finals.push(unsound.has(nodeId) ? null : state)
      }
    }
    return finals.reduce(meet, null)
  }

  /** The states behind the handles of one node. */
  const pass = (node: WorkflowNode, before: State, depth: number): ReadonlyMap<Handle, State> => {
    const states = new Map<Handle, State>()
    const bodies = depth < maxNesting ? (structure.regions.get(node.id)?.bodies ?? []) : []
    const bodyEnds = bodies.map((body) => walk(body, before && { bits: before.bits, output: atStart }, depth + 1))
    const bodyEnd = bodyEnds.reduce(meet, null)
    if (structure.regions.has(node.id)) ends.set(node.id, bodyEnd)
    if (before === null) return states
    const variable = outputVariableOf(node)
    const mayGoOn = node.data.onError === 'continue'
    if (variable !== null) {
      const output = { fromStart: false, written: writtenSchema(structure, catalog, node) }
      const after = { bits: withBit(before.bits, bitOf.get(variable)), output }
      states.set(node.type === 'parallel' ? 'done' : 'out', mayGoOn ? meet(before, after) : after)
    } else if (node.type === 'condition') {
      states.set('true', before).set('false', before)
      // An expression that fails takes neither side: the path ends here.
      if (mayGoOn) states.set('out', before)
    } else if (node.type === 'loop') {
      states.set('done', { bits: before.bits, output: outputAfterLoop(before, bodyEnd, mayGoOn) })
    } else {
      states.set('done', mayGoOn ? before : afterBranches(before, bodyEnds, errorBit))
    }
    if (node.data.onError !== 'route') return states
    const output = node.type === 'loop' ? outputAfterLoop(before, bodyEnd, true) : before.output
    return states.set('error', { bits: withBit(before.bits, errorBit), output })
  }

  const entry = structure.entry === null ? undefined : structure.top.bodies[0]
  const bits = writtenAtStart(structure, bitOf)
  const end = entry === undefined ? null : walk(entry, { bits, output: atStart }, 0)

  const anywhere = writtenAnywhere(structure, opaque)
  const startOf = startOutputs(structure, befores, ends)
  const point = (state: State, container: string | null): FlowPoint => ({
    isWritten: (variable) =>
      !bitOf.has(variable) || (state === null ? anywhere.has(variable) : hasBit(state.bits, bitOf.get(variable)!)),
    hasError: state === null || hasBit(state.bits, errorBit),
    output: state === null ? true : resolve(state.output, startOf(container)),
  })
  return {
    before: (nodeId) => point(befores.get(nodeId) ?? null, structure.parents.get(nodeId) ?? null),
    bodyStart: (container) => {
      const before = befores.get(container) ?? null
      return point(before && { bits: before.bits, output: atStart }, container)
    },
    bodyEnd: (container) => point(ends.get(container) ?? null, container),
    end: point(end, null),
  }
}

/** `output` after a loop: what stood before it, or what its last pass left; of a failed loop any of its nodes may have. */
function outputAfterLoop(before: Known, bodyEnd: State, failed: boolean): RegionOutput {
  const left = failed || bodyEnd === null ? true : bodyEnd.output.written
  return join(before.output, { fromStart: false, written: left })
}

/** All branches have ended: what each is certain of holds. `output` and `error` are those from before. */
function afterBranches(before: Known, bodyEnds: readonly State[], errorBit: number): State {
  let bits = before.bits
  for (const end of bodyEnds) {
    if (end === null) return null
    bits = union(bits, end.bits)
  }
  return { bits: hasBit(before.bits, errorBit) ? bits : withoutBit(bits, errorBit), output: before.output }
}

/** Variables with a default, or whose reducer has an identity, hold a value from the start. */
function writtenAtStart(structure: WorkflowStructure, bitOf: ReadonlyMap<string, number>): Uint32Array {
  let bits: Uint32Array = new Uint32Array((bitOf.size >>> 5) + 1)
  for (const [name, variable] of Object.entries(structure.workflow.variables)) {
    if (hasInitialValue(variable)) bits = withBit(bits, bitOf.get(name))
  }
  return bits
}

function hasInitialValue(variable: WorkflowVariable): boolean {
  return variable.default !== undefined || variable.reducer !== undefined
}

/** True when a path ends at this handle on purpose: no edge leaves it, and it is not a branch left open by mistake. */
function endsPath(structure: WorkflowStructure, node: WorkflowNode, handle: Handle): boolean {
  if (node.type === 'condition' && handle === 'out') return true
  if (handle === 'body' || !handlesOf(node).includes(handle) || structure.next(node.id, handle) !== null) return false
  if (handle === 'error') return false
  if (node.type !== 'condition') return true
  return node.data.config[handle === 'true' ? 'trueTarget' : 'falseTarget'] === 'end'
}

/** The variables that have a value from the start or that some node may write, wherever it stands. */
function writtenAnywhere({ workflow, nodes }: WorkflowStructure, opaque: ReadonlySet<string>): ReadonlySet<string> {
  if (opaque.size > 0) return new Set(Object.keys(workflow.variables))
  const written = new Set<string>()
  for (const [name, variable] of Object.entries(workflow.variables)) if (hasInitialValue(variable)) written.add(name)
  for (const node of nodes.values()) written.add(outputVariableOf(node) ?? '')
  return written
}

/**
 * What `output` is where the body of a container begins: what stood before the container, and in a loop also what an
 * earlier pass left. Null when nothing had been written on some path.
 */
function startOutputs(
  structure: WorkflowStructure,
  befores: ReadonlyMap<string, State>,
  ends: ReadonlyMap<string, State>,
): (container: string | null) => JsonSchema | null {
  const known = new Map<string, JsonSchema | null>()
  const startOf = (container: string | null): JsonSchema | null => {
    if (container === null) return null
    const before = befores.get(container) ?? null
    if (before === null) return true
    const resolved = known.get(container)
    if (resolved !== undefined) return resolved
    const outer = resolve(before.output, startOf(structure.parents.get(container) ?? null))
    const left = structure.nodes.get(container)?.type === 'loop' ? ends.get(container)?.output.written : undefined
    const start = outer === null || left === undefined ? outer : either(outer, left)
    known.set(container, start)
    return start
  }
  return startOf
}

function resolve({ fromStart, written }: RegionOutput, start: JsonSchema | null): JsonSchema | null {
  if (!fromStart) return written ?? true
  return start === null || written === undefined ? start : either(start, written)
}

function meet(a: State, b: State): State {
  if (a === null || b === null) return a ?? b
  return { bits: a.bits.map((word, index) => word & b.bits[index]!), output: join(a.output, b.output) }
}

function join(a: RegionOutput, b: RegionOutput): RegionOutput {
  const written =
    a.written === undefined ? b.written : b.written === undefined ? a.written : either(a.written, b.written)
  return { fromStart: a.fromStart || b.fromStart, written }
}

/** A schema for values of either; of differing ones nothing is claimed. */
function either(a: JsonSchema, b: JsonSchema): JsonSchema {
  return a === b || JSON.stringify(a) === JSON.stringify(b) ? a : true
}

function hasBit(bits: Uint32Array, bit: number): boolean {
  return (bits[bit >>> 5]! & (1 << (bit & 31))) !== 0
}

function withBit(bits: Uint32Array, bit: number | undefined): Uint32Array {
  if (bit === undefined || hasBit(bits, bit)) return bits
  const copy = bits.slice()
  copy[bit >>> 5]! |= 1 << (bit & 31)
  return copy
}

function withoutBit(bits: Uint32Array, bit: number): Uint32Array {
  const copy = bits.slice()
  copy[bit >>> 5]! &= ~(1 << (bit & 31))
  return copy
}

function union(a: Uint32Array, b: Uint32Array): Uint32Array {
  return a.map((word, index) => word | b[index]!)
}

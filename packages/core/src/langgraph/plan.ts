import type { Expression } from '../expression/index.ts'
import { compileExpression, parseTemplate } from '../expression/index.ts'
import type {
  FailureHandling,
  Handle,
  ReducerName,
  Region,
  Workflow,
  WorkflowNode,
  WorkflowStructure,
} from '../workflow/index.ts'
import { failureHandlingOf, policyOf } from '../workflow/index.ts'
import type { WriteCheck } from './write-check.ts'
import { writeChecks } from './write-check.ts'

type NodeOf<Type extends WorkflowNode['type']> = Extract<WorkflowNode, { type: Type }>

/** A node with its expressions compiled and its surroundings known. */
export interface PlannedNode {
  node: WorkflowNode
  /** The loops around the node inside its own region of the graph, outermost first. */
  loops: readonly string[]
  /** By the name of the field, or of the parameter it feeds. */
  expressions: ReadonlyMap<string, Expression>
  /** The loop in the same region that takes this node's failures, if the node itself does not. */
  catcher: NodeOf<'loop'> | undefined
  /** What happens to a failure of this node that it does not handle itself, however far up. */
  handling: FailureHandling
  /** Whether the run ends behind this node. */
  endsRun: boolean
}

/** A workflow made ready to be built as a graph or walked. */
export interface Plan {
  workflow: Workflow
  structure: WorkflowStructure
  nodes: ReadonlyMap<string, PlannedNode>
  outputs: ReadonlyMap<string, Expression>
  reducers: Readonly<Record<string, ReducerName | undefined>>
  writeChecks: ReadonlyMap<string, WriteCheck>
  /** Whether anything asks for `output`, the value that the node before wrote: if not, nobody need keep it. */
  readsOutput: boolean
  /** Where a path goes from a handle: on, back to the loop around it, or null where the region ends. */
  follow(nodeId: string, handle: Handle): string | null
  /** The names of the outer scope that the inside of a container reads. */
  readsOf(containerId: string): readonly string[]
  /** True when somebody can be asked inside the container. */
  canWait(containerId: string): boolean
}

/** Compiles every expression of a valid workflow once. */
export function planWorkflow(structure: WorkflowStructure): Plan {
  const { workflow } = structure
  // Types were checked by validation; at run time every name may hold anything, so one environment serves all nodes.
  const declarations = declareEverything(workflow)
  // Nodes often share a source, and an expression keeps nothing between evaluations.
  const compile = memoize((source) => compileExpression(source, declarations))
  const nodes = new Map<string, PlannedNode>()
  for (const [nodeId, node] of structure.nodes) nodes.set(nodeId, planNode(structure, node, compile))
  const outputs = mapValues(workflow.outputs, compile)
  const roots = [...nodes.values()].map(rootsOf).concat([...outputs.values()].map(rootsOfExpression))
  const plan: Plan = {
    workflow,
    structure,
    nodes,
    outputs,
    reducers: Object.fromEntries(Object.entries(workflow.variables).map(([name, { reducer }]) => [name, reducer])),
    writeChecks: writeChecks(workflow),
    readsOutput: roots.some((names) => names.has('output')),
    follow(nodeId, handle) {
      const next = structure.next(nodeId, handle)
      if (next !== null) return next
      const parent = structure.parents.get(nodeId) ?? null
      return parent !== null && structure.nodes.get(parent)?.type === 'loop' ? parent : null
    },
    readsOf: memoize((containerId) => [...readsInside(plan, containerId)]),
    canWait: memoize((containerId) =>
      [...insideOf(structure, containerId)].some((nodeId) => structure.nodes.get(nodeId)?.type === 'human'),
    ),
  }
  return plan
}

/** Every node inside a container, however deep. */
function* insideOf(structure: WorkflowStructure, containerId: string): Iterable<string> {
  for (const member of (structure.regions.get(containerId) as Region).members) {
    yield member
    if (structure.regions.has(member)) yield* insideOf(structure, member)
  }
}

function planNode(
  structure: WorkflowStructure,
  node: WorkflowNode,
  compile: (source: string) => Expression,
): PlannedNode {
  const loops: string[] = []
  const containers = structure.containersOf(node.id)
  for (const container of [...containers].reverse()) {
    if (structure.nodes.get(container)?.type !== 'loop') break
    loops.unshift(container)
  }
  const catching = loops.findLast((loop) => policyOf(structure.nodes.get(loop)) !== 'fail')
  return {
    node,
    loops,
    expressions: mapValues(sourcesOf(node), compile),
    catcher: catching === undefined ? undefined : (structure.nodes.get(catching) as NodeOf<'loop'>),
    handling: failureHandlingOf(structure, node.id),
    endsRun: containers.length === 0 && structure.next(node.id, 'out') === null,
  }
}

/** The CEL sources of a node by what they feed. */
function sourcesOf(node: WorkflowNode): Record<string, string> {
  switch (node.type) {
    case 'prompt':
    case 'tool':
      return node.data.config.inputMapping
    case 'condition':
      return { expression: node.data.config.expression }
    case 'loop':
      return { condition: node.data.config.condition }
    case 'parallel': {
      const { config } = node.data
      return config.mode === 'map' ? { items: config.items, result: config.result } : {}
    }
    case 'human':
      return {}
  }
}

/** The names that a node's expressions and templates start from. */
function rootsOf({ node, expressions }: PlannedNode): Set<string> {
  const roots = new Set([...expressions.values()].flatMap((expression) => [...rootsOfExpression(expression)]))
  if (node.type === 'human') for (const path of parseTemplate(node.data.config.message).paths) roots.add(path[0]!)
  return roots
}

function rootsOfExpression({ references }: Expression): Set<string> {
  return new Set(references.flatMap(([root]) => (root ? [root] : [])))
}

function readsInside(plan: Plan, containerId: string): Set<string> {
  const { inputs, variables } = plan.workflow
  const reads = new Set<string>()
  const items = new Set<string>()
  for (const nodeId of [containerId, ...insideOf(plan.structure, containerId)]) {
    const planned = plan.nodes.get(nodeId)!
    for (const root of rootsOf(planned)) reads.add(root)
    for (const container of plan.structure.containersOf(nodeId)) {
      const itemVariable = itemVariableOf(plan.structure.nodes.get(container)!)
      if (itemVariable !== undefined) items.add(itemVariable)
    }
  }
  return new Set(
    [...reads].filter((name) => Object.hasOwn(inputs, name) || Object.hasOwn(variables, name) || items.has(name)),
  )
}

function declareEverything({ inputs, variables, nodes }: Workflow): Record<string, true> {
  const declarations: Record<string, true> = { output: true, loop: true, index: true, error: true }
  for (const name of [...Object.keys(inputs), ...Object.keys(variables)]) declarations[name] = true
  for (const node of nodes) {
    const itemVariable = itemVariableOf(node)
    if (itemVariable !== undefined) declarations[itemVariable] = true
  }
  return declarations
}

function itemVariableOf(node: WorkflowNode): string | undefined {
  if (node.type !== 'parallel') return undefined
  return node.data.config.mode === 'map' ? node.data.config.itemVariable : undefined
}

function mapValues(sources: Record<string, string>, compile: (source: string) => Expression): Map<string, Expression> {
  return new Map(Object.entries(sources).map(([name, source]) => [name, compile(source)]))
}

function memoize<Value>(compute: (key: string) => Value): (key: string) => Value {
  const known = new Map<string, Value>()
  return (key) => {
    if (!known.has(key)) known.set(key, compute(key))
    return known.get(key)!
  }
}

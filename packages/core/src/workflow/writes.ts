import type { JsonSchema } from '../base/index.ts'
import type { CatalogIndex } from './catalog.ts'
import type { HumanNodeConfig, WorkflowNode } from './document-schema.ts'
import type { WorkflowStructure } from './structure.ts'

/** The variable that a node writes; null for conditions, loops and branches. */
export function outputVariableOf(node: WorkflowNode): string | null {
  switch (node.type) {
    case 'prompt':
    case 'tool':
    case 'human':
      return node.data.config.outputVariable
    case 'parallel':
      return node.data.config.mode === 'map' ? node.data.config.outputVariable : null
    default:
      return null
  }
}

/**
 * The schema of what a node writes, as far as it is known: from the node itself, from the catalogue's tool, else from
 * the variable it writes to, unless a reducer turns the written value into something else.
 */
export function writtenSchema(structure: WorkflowStructure, catalog: CatalogIndex, node: WorkflowNode): JsonSchema {
  const own = ownSchema(catalog, node)
  if (own !== undefined) return own
  const { variables } = structure.workflow
  const name = outputVariableOf(node) ?? ''
  const variable = Object.hasOwn(variables, name) ? variables[name] : undefined
  return variable === undefined || variable.reducer !== undefined ? true : variable.schema
}

/** The schema of what a node writes where that does not depend on the variable; undefined where it is not known. */
export function ownSchema(catalog: CatalogIndex, node: WorkflowNode): JsonSchema | undefined {
  switch (node.type) {
    case 'prompt':
      return node.data.config.outputSchema
    case 'tool': {
      const schema = catalog.tools?.get(node.data.config.toolId)?.outputSchema
      return schema === true ? undefined : schema
    }
    case 'human':
      return answerSchema(node.data.config)
    default:
      return undefined
  }
}

/** What a human node writes: `{choice?, values?, by, at}`. */
function answerSchema({ form, choices }: HumanNodeConfig): JsonSchema {
  return {
    type: 'object',
    required: ['by', 'at'],
    properties: {
      choice: { type: 'string', enum: (choices ?? []).map((choice) => choice.id) },
      values: form ?? true,
      by: { type: 'string' },
      at: { type: 'string' },
    },
  }
}

/** One node's write, as it is seen from outside the containers around it. */
export interface Write {
  nodeId: string
  variable: string
}

/**
 * The writes of each node that are seen after it, with those of everything inside it. What a map's body writes stays
 * local to its items, except variables with a reducer.
 */
export function visibleWrites(structure: WorkflowStructure): (nodeId: string) => readonly Write[] {
  const { variables } = structure.workflow
  const known = new Map<string, readonly Write[]>()
  // They are reported themselves; going into each, however deep, would take more than the stack.
  const tooDeep = new Set(structure.faults.tooDeep)
  const writesOf = (nodeId: string): readonly Write[] => {
    const before = known.get(nodeId)
    if (before !== undefined) return before
    // A container that lies inside itself, in a faulty workflow, must not be entered again.
    known.set(nodeId, [])
    const node = structure.nodes.get(nodeId)!
    const variable = outputVariableOf(node)
    const own = variable === null ? [] : [{ nodeId, variable }]
    const inside = tooDeep.has(nodeId) ? [] : (structure.regions.get(nodeId)?.members.flatMap(writesOf) ?? [])
    const isMap = node.type === 'parallel' && node.data.config.mode === 'map'
    const seen = isMap ? inside.filter((write) => variables[write.variable]?.reducer !== undefined) : inside
    const writes = [...own, ...seen]
    known.set(nodeId, writes)
    return writes
  }
  return writesOf
}

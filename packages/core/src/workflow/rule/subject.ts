import type { Suggestions } from '../../base/index.ts'
import type { CatalogIndex } from '../catalog.ts'
import type { Diagnostic, Workflow } from '../document-schema.ts'
import type { WorkflowStructure } from '../structure.ts'
import { outputVariableOf } from '../writes.ts'

/** What several rules look up again and again. */
export interface SubjectIndex {
  /** The nodes that write each variable. */
  writersOf: ReadonlyMap<string, readonly string[]>
  /** The first map with each item variable. */
  mapOfItem: ReadonlyMap<string, string>
  /** The nodes with an edge on the handle `body`. */
  entered: ReadonlySet<string>
}

export function indexSubject(workflow: Workflow): SubjectIndex {
  const writersOf = new Map<string, string[]>()
  const mapOfItem = new Map<string, string>()
  for (const node of workflow.nodes) {
    const { config } = node.data
    if ('itemVariable' in config && !mapOfItem.has(config.itemVariable)) mapOfItem.set(config.itemVariable, node.id)
    const variable = outputVariableOf(node)
    if (variable === null) continue
    const writers = writersOf.get(variable)
    if (writers === undefined) writersOf.set(variable, [node.id])
    else writers.push(node.id)
  }
  const entering = workflow.edges.filter((edge) => edge.sourceHandle === 'body')
  return { writersOf, mapOfItem, entered: new Set(entering.map((edge) => edge.source)) }
}

/** What a rule judges, and where it puts what it finds. Rules never throw and don't depend on each other's order. */
export interface Subject {
  workflow: Workflow
  structure: WorkflowStructure
  catalog: CatalogIndex
  /** Nodes whose shape could not be read: nothing is said about them. */
  opaque: ReadonlySet<string>
  /** One for all rules, so that the time for suggestions does not grow with the number of mistakes. */
  suggestions: Suggestions
  index: SubjectIndex
  report(diagnostic: Diagnostic): void
}

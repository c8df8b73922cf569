import type { CatalogIndex } from '../catalog.ts'
import type { Diagnostic, Workflow } from '../document-schema.ts'
import type { WorkflowStructure } from '../structure.ts'

/** What a rule judges, and where it puts what it finds. Rules never throw and don't depend on each other's order. */
export interface Subject {
  workflow: Workflow
  structure: WorkflowStructure
  catalog: CatalogIndex
  /** Nodes whose shape could not be read: nothing is said about them. */
  opaque: ReadonlySet<string>
  report(diagnostic: Diagnostic): void
}

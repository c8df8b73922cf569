import { Suggestions } from '../base/index.ts'
import { indexCatalog } from './catalog.ts'
import type { Catalog, Diagnostic, Workflow } from './document-schema.ts'
import { readWorkflow } from './parse.ts'
import { checkCatalogNames } from './rule/catalog.ts'
import { checkContainers } from './rule/container.ts'
import { checkData } from './rule/data.ts'
import { checkEdges } from './rule/edge.ts'
import { checkHumanNodes } from './rule/human.ts'
import { checkJsonSchemas } from './rule/json-schema.ts'
import { checkNames } from './rule/name.ts'
import { checkNodeIds } from './rule/node-id.ts'
import { checkPolicies } from './rule/policy.ts'
import { checkReachability } from './rule/reachability.ts'
import type { Subject } from './rule/subject.ts'
import { indexSubject } from './rule/subject.ts'
import { checkWrites } from './rule/write.ts'
import type { WorkflowStructure } from './structure.ts'
import { analyzeStructure } from './structure.ts'

const rules: readonly ((subject: Subject) => void)[] = [
  checkNodeIds,
  checkEdges,
  checkContainers,
  checkReachability,
  checkNames,
  checkJsonSchemas,
  checkPolicies,
  checkHumanNodes,
  checkCatalogNames,
  checkWrites,
  checkData,
]

/** Where an edge or a target that can't be read stood: it may have led to whatever now looks lost. */
const leadsOn = /^\/edges\/|Target$/

/**
 * What keeps a workflow from meaning something, or makes it look mistaken: each finding with a stable code
 * (`workflow.<reason>`), the node, a JSON pointer to the field, and what to do. Empty for a workflow that compiles.
 * Names of prompts, models and tools, and what tools take and give, are checked against the catalogue's parts that are
 * given. Never throws, whatever is given: of what has not the shape of a workflow the shape's faults are reported, with
 * those of all its nodes that can be read.
 */
export function validateWorkflow(workflow: Workflow | unknown, catalog?: Partial<Catalog>): Diagnostic[] {
  return inspectWorkflow(workflow, catalog).diagnostics
}

/** What `validateWorkflow` finds, with the structure it judged: null where the document has not the shape of a workflow. */
export interface Inspection {
  diagnostics: Diagnostic[]
  /** Of the workflow as `parseWorkflow` gives it, which shares nothing with the one handed in. */
  structure: WorkflowStructure | null
}

/** As `validateWorkflow`, for those who go on with the workflow afterwards. Never throws. */
export function inspectWorkflow(workflow: Workflow | unknown, catalog?: Partial<Catalog>): Inspection {
  const read = readWorkflow(workflow)
  if (read.ok) return judge(read.workflow, catalog, new Set())
  const repaired = read.repaired()
  if (repaired === null) return { diagnostics: read.diagnostics, structure: null }
  const { touched, opaque } = repaired
  const places = new Set(touched)
  const lostEdge = touched.some((pointer) => leadsOn.test(pointer))
  const found = judge(repaired.workflow, catalog, opaque).diagnostics.filter(
    ({ code, nodeId, path }) =>
      !(nodeId !== null && opaque.has(nodeId)) &&
      !(lostEdge && (code === 'workflow.several_entries' || code === 'workflow.unreachable_node')) &&
      !isWithin(path, places),
  )
  return { diagnostics: [...read.diagnostics, ...found], structure: null }
}

/** Whether a JSON pointer is one of the places or leads into one. */
function isWithin(path: string, places: ReadonlySet<string>): boolean {
  for (let end = path.length; end >= 0; end = path.lastIndexOf('/', end - 1)) {
    if (places.has(path.slice(0, end))) return true
    if (end === 0) return false
  }
  return false
}

function judge(workflow: Workflow, catalog: unknown, opaque: ReadonlySet<string>) {
  const diagnostics: Diagnostic[] = []
  const structure = analyzeStructure(workflow, opaque)
  const subject: Subject = {
    workflow,
    structure,
    catalog: indexCatalog(catalog),
    opaque,
    suggestions: new Suggestions(),
    index: indexSubject(workflow),
    report: (diagnostic) => diagnostics.push(diagnostic),
  }
  for (const rule of rules) rule(subject)
  return { diagnostics, structure }
}

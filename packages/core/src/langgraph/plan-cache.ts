import { FairleadError } from '../base/index.ts'
import type { Diagnostic, Workflow, WorkflowStructure } from '../workflow/index.ts'
import { analyzeStructure, inspectWorkflow } from '../workflow/index.ts'
import type { Plan } from './plan.ts'
import { planWorkflow } from './plan.ts'

interface KnownPlan {
  plan: Plan
  /** What the plan was made of: a workflow that has been changed since is another one. */
  text: string
  /** Whether the workflow was judged, or taken on trust. */
  judged: boolean
}

const known = new WeakMap<Workflow, KnownPlan>()

/**
 * The plan of a workflow, made once for as long as the workflow stays as it is. Unless it is trusted to be valid it is
 * judged first; throws `workflow.invalid`, with the diagnostics in `data`, when it has errors.
 */
export function planOf(workflow: Workflow, { trusted }: { trusted: boolean }): Plan {
  const text = textOf(workflow)
  const found = text === undefined ? undefined : known.get(workflow)
  if (found?.text === text && found !== undefined && (found.judged || trusted)) return found.plan
  const plan = planWorkflow(trusted ? analyzeStructure(workflow) : structureOf(workflow))
  if (text !== undefined) known.set(workflow, { plan, text, judged: !trusted })
  return plan
}

/** Undefined for what is no JSON: judging it says why. */
function textOf(workflow: Workflow): string | undefined {
  try {
    return JSON.stringify(workflow)
  } catch {
    return undefined
  }
}

/** The structure of a workflow without errors: the validator has analysed it already. */
function structureOf(workflow: Workflow): WorkflowStructure {
  const { diagnostics, structure } = inspectWorkflow(workflow)
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (structure !== null && errors.length === 0) return structure
  throw invalidWorkflow(errors)
}

/** The error for a workflow that can't be compiled, with what is wrong with it. */
export function invalidWorkflow(errors: readonly Diagnostic[]): FairleadError {
  const [first] = errors
  return new FairleadError(
    'workflow.invalid',
    `The workflow has ${errors.length === 1 ? 'an error' : `${errors.length} errors`}: ${first!.message} ${first!.hint} (${first!.path})`,
    { data: { diagnostics: errors.map((error) => ({ ...error })) } },
  )
}

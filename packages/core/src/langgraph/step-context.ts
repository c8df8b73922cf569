import type { Plan } from './plan.ts'
import type { Sources } from './sources.ts'

/** What steps of one compiled workflow have in common. */
export interface StepContext {
  plan: Plan
  sources: Sources
}

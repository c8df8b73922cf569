import type { ModelCall } from '../workflow/index.ts'
import type { Attempt } from './attempt.ts'
import type { Execution } from './context.ts'

/** What a node's own function is told besides its input. */
export interface CallPlace extends Attempt {
  address: string
  attempt: number
  execution: Execution
  /** Where model calls are noted, also those of attempts that failed. */
  calls: ModelCall[]
}

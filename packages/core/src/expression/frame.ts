import { Fault } from './fault.ts'
import { expressionLimits } from './limit.ts'

const noLocals: unknown[] = []

/** The state of one evaluation: the variables' values, the comprehensions' current items, and the steps left. */
export class Frame {
  readonly values: Readonly<Record<string, unknown>>
  /** Current item of each comprehension around, outermost first. */
  locals: unknown[] = noLocals
  #steps: number = expressionLimits.steps

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values
  }

  /** Takes steps off the budget; throws a limit fault when it is used up. One step stands for about 0.2 µs of work. */
  spend(steps: number): void {
    this.#steps -= steps
    if (this.#steps >= 0) return
    throw new Fault(
      `The expression takes more than ${expressionLimits.steps.toLocaleString('en')} steps on these values.`,
      'Shorten the lists or texts it goes through, or compute this in a tool.',
      undefined,
      true,
    )
  }

  /** Spends what going through a text once costs. */
  spendText(length: number): void {
    if (length > 127) this.spend(length >> 7)
  }

  /** Spends what going through a list or map once costs, as in copying it. */
  spendItems(count: number): void {
    if (count > 7) this.spend(count >> 3)
  }
}

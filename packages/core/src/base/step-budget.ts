const defaultSteps = 5_000_000

/** What a spent budget throws. Not an Error: it only ends the work, and whoever owns the budget says so in words. */
export class BudgetSpent {
  readonly steps: number

  constructor(steps: number) {
    this.steps = steps
  }
}

/**
 * Steps that checking values against schemas may take, one standing for some 0.1 to 0.2 µs of work. Counted, not timed, so
 * that the same check ends the same way everywhere. Several checks may share one budget.
 */
export class StepBudget {
  readonly steps: number
  #left: number

  constructor(steps: number = defaultSteps) {
    this.steps = steps
    this.#left = steps
  }

  /** Whether it was used up, so that whatever it was given for did not come to its end. */
  get isSpent(): boolean {
    return this.#left < 0
  }

  /** Takes steps off the budget; throws `BudgetSpent` when it is used up, then and ever after. */
  spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw new BudgetSpent(this.steps)
  }
}

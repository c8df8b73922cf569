import type { JsonFault } from './json-schema-fault.ts'
import type { JsonSchema } from './json-schema-keyword.ts'
import { escapePointer } from './json-schema-keyword.ts'
import type { LinearPattern } from './linear-pattern.ts'
import type { StepBudget } from './step-budget.ts'

/** More faults than this nobody reads; each is a text of its own. */
const mostFaults = 1_000

/** A schema that is known to be sound: its keywords hold what they have to. */
export interface SoundSchema {
  readonly [keyword: string]: unknown
}

/** The members and positions that some keyword has looked at: what `unevaluated…` leaves alone. */
export type Evaluated = Set<string | number>

/** A keyword or a few that belong together: whether the value fits them. What does not fit is reported on the way. */
export type Check<Value> = (run: Evaluation, schema: SoundSchema, value: Value, evaluated?: Evaluated) => boolean

export type JsonType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object'

/** What a schema needs to be evaluated: what its references and its patterns mean. */
export interface Meaning {
  targets: ReadonlyMap<object, object | boolean>
  patterns: ReadonlyMap<string, LinearPattern>
  /** Whether any part of it asks for what other keywords left over. */
  asksForRest: boolean
}

/** What a value holds that is no JSON. */
export class NotJson {}

/** The type of a JSON value; throws `NotJson` for what is none. */
export function jsonTypeOf(value: unknown): JsonType {
  const type = typeof value
  if (type === 'string' || type === 'number' || type === 'boolean') return type
  if (type !== 'object') throw new NotJson()
  return value === null ? 'null' : Array.isArray(value) ? 'array' : 'object'
}

/**
 * One evaluation of a schema on a value: where it is, what it has found and what it may still spend. Every schema that is
 * looked at, and every loop of a keyword, spends; so nothing that a schema and a value can say together goes on for long.
 */
export class Evaluation {
  readonly meaning: Meaning
  readonly #budget: StepBudget
  readonly #check: Check<unknown>
  readonly #faults = new Map<string, JsonFault>()
  readonly #path: (string | number)[] = []
  #trials = 0

  /** `check` takes a value through all keywords of a schema. */
  constructor(meaning: Meaning, budget: StepBudget, check: Check<unknown>) {
    this.meaning = meaning
    this.#budget = budget
    this.#check = check
  }

  get faults(): JsonFault[] {
    return [...this.#faults.values()]
  }

  /** False where only the answer counts, so that the first thing that does not fit settles it. */
  get isReporting(): boolean {
    return this.#trials === 0 && this.#faults.size < mostFaults
  }

  spend(steps: number): void {
    this.#budget.spend(steps)
  }

  /** Notes what does not fit at the present place; answers false, as the check that found it does. */
  fault(message: () => string): false {
    if (!this.isReporting) return false
    const pointer = this.#path.map((key) => `/${escapePointer(String(key))}`).join('')
    const fault = { pointer, message: message() }
    this.#faults.set(`${pointer} ${fault.message}`, fault)
    return false
  }

  /** Whether the value at the present place fits a schema. */
  fits(schema: JsonSchema, value: unknown, evaluated?: Evaluated): boolean {
    this.spend(1)
    if (schema === true) return true
    if (schema === false) return this.fault(() => 'Is not allowed here.')
    const own: Evaluated | undefined = this.meaning.asksForRest ? new Set() : undefined
    const fits = this.#check(this, schema, value, own)
    // What a schema that does not fit has looked at counts for nothing.
    if (fits && own !== undefined && evaluated !== undefined) {
      this.spend(own.size)
      for (const key of own) evaluated.add(key)
    }
    return fits
  }

  /** As `fits`, of a member or an item of the value. */
  fitsBelow(key: string | number, schema: JsonSchema, value: unknown): boolean {
    this.#path.push(key)
    const fits = this.fits(schema, value)
    this.#path.pop()
    return fits
  }

  /** As `fits`, without reporting why not. */
  tries(schema: JsonSchema, value: unknown, evaluated?: Evaluated): boolean {
    this.#trials++
    const fits = this.fits(schema, value, evaluated)
    this.#trials--
    return fits
  }
}

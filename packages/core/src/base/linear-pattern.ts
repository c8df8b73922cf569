import { RE2JS } from '@bufbuild/re2'

const visitsPerReport = 128
/** Longer patterns are refused: their length bounds the time that compiling takes. */
const maxPatternLength = 1_000

/**
 * A regular expression in RE2's syntax (no look-around, no back-references), evaluated by automata in time linear in
 * the text, so that no pattern can hang. ECMAScript's `\uXXXX` is understood too.
 */
export class LinearPattern {
  readonly source: string
  /** Instructions of its program, to which the work of compiling and of matching is proportional. */
  readonly size: number
  readonly #expression: RE2JS
  #spend: ((visits: number) => void) | undefined
  #visits = 0

  private constructor(source: string, expression: RE2JS) {
    this.source = source
    this.#expression = expression
    const program = expression.re2().prog
    this.size = program.inst.length
    // Linear, but the factor is the program's size. Every visit of an instruction goes through here, so a caller with a
    // budget can count the work and stop it by throwing.
    program.getInst = (position) => {
      this.#visits++
      if (this.#visits >= visitsPerReport) this.#report()
      return program.inst[position]!
    }
  }

  /** The compiled pattern, or in words why it can't be compiled. Never throws. */
  static compile(source: string): LinearPattern | string {
    if (source.length > maxPatternLength) return `the pattern is longer than ${maxPatternLength} characters`
    try {
      const translated = source.replace(/\\(?:u([0-9a-fA-F]{4})|.)/gs, (all, hex) => (hex ? `\\x{${hex}}` : all))
      return new LinearPattern(source, RE2JS.compile(translated))
    } catch (error) {
      return error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)
    }
  }

  /**
   * Whether any part of the text matches. `spend` is told now and then how many more instructions were visited (about
   * 70 ns each); what it throws ends the matching and comes out here.
   */
  test(text: string, spend?: (visits: number) => void): boolean {
    this.#spend = spend
    this.#visits = 0
    try {
      return this.#expression.test(text)
    } finally {
      this.#report()
      this.#spend = undefined
    }
  }

  #report(): void {
    const visits = this.#visits
    this.#visits = 0
    this.#spend?.(visits)
  }
}

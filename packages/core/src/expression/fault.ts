/**
 * What stops an evaluation. Not an Error: `||`, `all` and `exists` swallow failures of one side, thousands in one
 * evaluation, and recording a stack for each would take longer than the whole evaluation may.
 */
export class Fault {
  readonly message: string
  readonly hint: string
  /** A limit was hit: nothing swallows that. */
  readonly isLimit: boolean
  /** Offsets into the source; unknown inside a function, and filled in by the call around it. */
  from: number
  to: number

  constructor(message: string, hint = '', place: { start: number; end: number } = unknownPlace, isLimit = false) {
    this.message = message
    this.hint = hint
    this.from = place.start
    this.to = place.end
    this.isLimit = isLimit
  }
}

const unknownPlace = { start: -1, end: -1 }

/** The error; a fault that knows no place yet gets the one of the node that it came through. */
export function placed(error: unknown, node: { start: number; end: number }): unknown {
  if (error instanceof Fault && error.from < 0) {
    error.from = node.start
    error.to = node.end
  }
  return error
}

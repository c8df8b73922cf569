import type { Suggestions } from '../base/suggest.ts'
import type { Frame } from './frame.ts'
import type { StaticType } from './static-type.ts'
import type { Syntax } from './syntax.ts'

/** A compiled node: what is known about its value, and the function that finds it. */
export interface Code {
  readonly type: StaticType
  /** The value in a frame; throws a Fault when there is none. */
  readonly run: (frame: Frame) => unknown
}

/** What compiling one node needs from the expression around it. */
export interface CompileContext {
  readonly source: string
  readonly suggestions: Suggestions
  compile(node: Syntax): Code
  /** Compiles what a member is read of, so that only the longer path counts as read. */
  compileObject(node: Syntax): Code
  /** Notes that the path of the node is read. */
  note(node: Syntax): void
  /** Notes an error and gives code that stands in for the faulty node, so that checking goes on. */
  fail(node: Place, code: string, message: string, hint?: string): Code
  warn(node: Place, code: string, message: string, hint: string): void
  /** The node as it stands in the source. */
  text(node: Place): string
  /** Compiles with one more name in scope, the item of a comprehension; `slot` is its place in the frame's locals. */
  inScope<Result>(name: string, type: StaticType, compile: (slot: number) => Result): Result
  /** How many comprehensions are around. */
  readonly comprehensions: number
}

/** Where something stands in the source. */
export interface Place {
  readonly start: number
  readonly end: number
}

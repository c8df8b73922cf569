import type { Frame } from './frame.ts'
import { kind } from './value.ts'

/** One meaning of a function: for arguments of which kinds, and what it gives. */
export interface Overload {
  /** Kinds taken in each place; of a method, the receiver's come first. */
  readonly takes: readonly number[]
  readonly gives: number
  /** Kinds of a given list's items. */
  readonly givesItems?: number | undefined
  readonly call: (frame: Frame, ...args: never[]) => unknown
}

/** A function of the language: called as `name(a, b)`, as `a.name(b)`, or either way. */
export interface FunctionDefinition {
  readonly name: string
  readonly form: 'function' | 'method' | 'both'
  readonly overloads: readonly Overload[]
}

/** One meaning, for a family of functions to list. */
export function overload(
  takes: readonly number[],
  gives: number,
  call: Overload['call'],
  givesItems?: number,
): Overload {
  return { takes, gives, call, givesItems }
}

/** A function with all its meanings. */
export function define(name: string, form: FunctionDefinition['form'], ...overloads: Overload[]): FunctionDefinition {
  return { name, form, overloads }
}

/** Kinds that a position or count may be of: whole numbers, and JSON's numbers where they are whole. */
export const positionKinds = kind.int | kind.double

import type { Code, CompileContext } from './code.ts'
import { compareBytes, equal } from './equal.ts'
import { Fault } from './fault.ts'
import type { Frame } from './frame.ts'
import type { MapValue } from './map.ts'
import { readMember } from './map.ts'
import type { StaticType } from './static-type.ts'
import { typeOfKinds } from './static-type.ts'
import type { Syntax } from './syntax.ts'
import type { Duration, Timestamp } from './value.ts'
import { allKinds, describeKinds, kind, kindOf, numberKinds, plainNumber } from './value.ts'

const bool = typeOfKinds(kind.bool)

/** `left == right` and `left != right` */
export function compileEquality(context: CompileContext, node: Syntax & { op: '==' | '!=' }): Code {
  const left = context.compile(node.args[0])
  const right = context.compile(node.args[1])
  checkEquality(context, node, left.type, right.type)
  const [runLeft, runRight] = [left.run, right.run]
  const literal = node.args[1].op === 'value' && typeof node.args[1].args === 'string' ? node.args[1].args : undefined
  const wanted = node.op === '=='
  // Texts are interned in one comparison with a literal, which is most of what conditions are.
  if (literal !== undefined) return { type: bool, run: (frame) => (runLeft(frame) === literal) === wanted }
  return { type: bool, run: (frame) => equal(runLeft(frame), runRight(frame), frame) === wanted }
}

function checkEquality(
  context: CompileContext,
  node: Syntax & { op: '==' | '!=' },
  left: StaticType,
  right: StaticType,
): void {
  const [a, b] = [describeKinds(left.kinds), describeKinds(right.kinds)]
  if (!overlaps(left.kinds, right.kinds)) {
    const isNull = left.kinds === kind.null || right.kinds === kind.null
    const outcome = `is always ${node.op === '!='}`
    if (isNull) {
      const hint = 'Its schema does not allow null; add "null" to its type, or test has().'
      context.warn(node, 'expression.never_equal', `${a} and ${b} are never equal, so this ${outcome}.`, hint)
    } else {
      context.fail(
        node,
        'expression.type',
        `${a} and ${b} are never equal, so this ${outcome}.`,
        hintForEquality(left, right),
      )
    }
    return
  }
  checkConstants(context, node, left, right)
}

function hintForEquality(left: StaticType, right: StaticType): string {
  const kinds = left.kinds | right.kinds
  return kinds & kind.string && kinds & numberKinds ? 'Compare like with like: string(number), or double(text).' : ''
}

/** Whether values of the one kinds can equal values of the others. */
function overlaps(left: number, right: number): boolean {
  return (left & right) !== 0 || ((left & numberKinds) !== 0 && (right & numberKinds) !== 0)
}

/** Warns about a literal that an enum or const on the other side rules out. */
function checkConstants(
  context: CompileContext,
  node: Syntax & { op: '==' | '!=' },
  left: StaticType,
  right: StaticType,
): void {
  const [a, b] = node.args
  if ((a.op === 'value') === (b.op === 'value')) return
  const [literal, other] = a.op === 'value' ? [left, right] : [right, left]
  const value = literal.constants?.[0]
  if (!other.constants || literal.constants?.length !== 1 || other.constants.includes(value)) return
  const allowed = other.constants.map((each) => JSON.stringify(each)).join(', ')
  const near = context.suggestions.nearest(
    String(value),
    other.constants.filter((each) => typeof each === 'string'),
  )
  const place = a.op === 'value' ? a : b
  context.warn(
    place,
    'expression.never_equal',
    `"${context.text(a.op === 'value' ? b : a)}" is one of ${allowed.slice(0, 200)}, so it never equals ${JSON.stringify(value)}.`,
    near === undefined ? 'Compare with one of these.' : `Did you mean "${near}"?`,
  )
}

type Order = '<' | '<=' | '>' | '>='

/** Each order of what JavaScript can compare: numbers, texts, bools; nothing comes before or after NaN. */
const orders: Readonly<Record<Order, (a: never, b: never) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

const orderedKinds = [numberKinds, kind.string, kind.bool, kind.bytes, kind.timestamp, kind.duration]

/** `left < right` and its like */
export function compileOrder(context: CompileContext, node: Syntax & { op: Order }): Code {
  const left = context.compile(node.args[0])
  const right = context.compile(node.args[1])
  if (!orderedKinds.some((kinds) => left.type.may(kinds) && right.type.may(kinds))) {
    const [a, b] = [describeKinds(left.type.kinds), describeKinds(right.type.kinds)]
    return context.fail(
      node,
      'expression.type',
      `"${node.op}" can't compare ${a} with ${b}.`,
      hintForEquality(left.type, right.type),
    )
  }
  const [runLeft, runRight] = [left.run, right.run]
  const holds = orders[node.op] as (a: unknown, b: unknown) => boolean
  return {
    type: bool,
    run: (frame) => {
      const a = runLeft(frame)
      const b = runRight(frame)
      if (typeof a === 'number') {
        if (typeof b === 'number') return holds(a, b)
        if (typeof b === 'bigint') return holds(a, Number(b))
      }
      return holds(...comparable(node, a, b, frame))
    },
  }
}

/** Two values as two that JavaScript orders as CEL orders the values. */
function comparable(node: Syntax & { op: Order }, a: unknown, b: unknown, frame: Frame): [unknown, unknown] {
  const [left, right] = [kindOf(a), kindOf(b)]
  if (left & numberKinds && right & numberKinds) {
    const [x, y] = [plainNumber(a), plainNumber(b)]
    return typeof x === typeof y ? [x, y] : [Number(x), Number(y)]
  }
  if (left === right) {
    if (left === kind.string) frame.spendText(Math.min((a as string).length, (b as string).length))
    if (left === kind.string || left === kind.bool) return [a, b]
    if (left === kind.bytes) return [compareBytes(a as Uint8Array, b as Uint8Array, frame), 0]
    if (left === kind.timestamp) return [(a as Timestamp).nanoseconds, (b as Timestamp).nanoseconds]
    if (left === kind.duration) return [(a as Duration).nanoseconds, (b as Duration).nanoseconds]
  }
  throw new Fault(`"${node.op}" can't compare ${describeKinds(left)} with ${describeKinds(right)}.`, '', node)
}

/** `value in list` and `key in map` */
export function compileMembership(context: CompileContext, node: Syntax & { op: 'in' }): Code {
  const value = context.compile(node.args[0])
  const container = context.compile(node.args[1])
  const possible =
    (container.type.may(kind.list) && overlaps(value.type.kinds, container.type.item.kinds)) ||
    (container.type.may(kind.map) && value.type.may(kind.string | kind.bool | numberKinds))
  if (!possible)
    return context.fail(node, 'expression.type', ...wrongMembership(context, node, value.type, container.type))
  return {
    type: bool,
    run: (frame) => {
      const wanted = value.run(frame)
      const among = container.run(frame)
      if (Array.isArray(among)) return includes(among, wanted, frame)
      if (kindOf(among) === kind.map) return readMember(among as MapValue, wanted) !== undefined
      throw new Fault(`"in" looks into a list or a map, not into ${describeKinds(kindOf(among))}.`, '', node)
    },
  }
}

function wrongMembership(
  context: CompileContext,
  node: Syntax & { op: 'in' },
  value: StaticType,
  container: StaticType,
): [string, string] {
  const text = context.text(node.args[1])
  if (!container.may(kind.list | kind.map)) {
    const hint = container.may(kind.string) ? `For a part of a text: ${text}.contains(part).` : ''
    return [`"in" looks into a list or a map, and "${text}" is ${describeKinds(container.kinds)}.`, hint]
  }
  const wanted =
    container.may(kind.list) && container.item.kinds !== allKinds ? describeKinds(container.item.kinds) : 'other values'
  return [`"${text}" holds ${wanted}, never ${describeKinds(value.kinds)}.`, '']
}

function includes(list: readonly unknown[], wanted: unknown, frame: Frame): boolean {
  frame.spendItems(list.length)
  for (const item of list) if (equal(item, wanted, frame)) return true
  return false
}

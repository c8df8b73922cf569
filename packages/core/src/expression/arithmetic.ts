import type { Code, CompileContext } from './code.ts'
import { Fault, placed } from './fault.ts'
import type { Frame } from './frame.ts'
import { constant } from './literal.ts'
import type { StaticType } from './static-type.ts'
import { listType, typeOfKinds, unionType } from './static-type.ts'
import type { Syntax } from './syntax.ts'
import { checkedDuration, checkedTimestamp } from './time.ts'
import type { Duration, Timestamp } from './value.ts'
import { describeKinds, kind, kindOf, numberKinds, Uint } from './value.ts'

type Operator = '+' | '-' | '*' | '/' | '%'
type Calculate = (left: never, right: never, frame: Frame) => unknown

/** One meaning of an operator: for which kinds on either side, of which kind the result is, and how it is found. */
interface Meaning {
  left: number
  right: number
  result: number
  calculate: Calculate
}

const meaning = (left: number, right: number, result: number, calculate: Calculate): Meaning => ({
  left,
  right,
  result,
  calculate,
})

type Numbers = Record<'int' | 'uint' | 'double', (left: never, right: never) => unknown>

/** Whole numbers calculate among themselves exactly; a double on either side makes the other one a double. */
function numbers(of: Numbers): Meaning[] {
  const double = of.double as (left: number, right: number) => unknown
  return [
    meaning(kind.double, kind.double, kind.double, of.double),
    meaning(kind.int, kind.int, kind.int, of.int),
    meaning(kind.double, kind.int, kind.double, (left: number, right: bigint) => double(left, Number(right))),
    meaning(kind.int, kind.double, kind.double, (left: bigint, right: number) => double(Number(left), right)),
    meaning(kind.uint, kind.uint, kind.uint, of.uint),
    meaning(kind.double, kind.uint, kind.double, (left: number, right: Uint) => double(left, Number(right.value))),
    meaning(kind.uint, kind.double, kind.double, (left: Uint, right: number) => double(Number(left.value), right)),
  ]
}

const meanings: Readonly<Record<Operator, readonly Meaning[]>> = {
  '+': [
    ...numbers({
      double: (left: number, right: number) => left + right,
      int: (left: bigint, right: bigint) => int64(left + right),
      uint: (left: Uint, right: Uint) => uint64(left.value + right.value),
    }),
    meaning(kind.string, kind.string, kind.string, (left: string, right: string, frame) => {
      frame.spendText(left.length + right.length)
      return left + right
    }),
    meaning(kind.list, kind.list, kind.list, (left: unknown[], right: unknown[], frame) => {
      frame.spendItems(left.length + right.length)
      return left.concat(right)
    }),
    meaning(kind.bytes, kind.bytes, kind.bytes, concatBytes),
    meaning(kind.timestamp, kind.duration, kind.timestamp, later),
    meaning(kind.duration, kind.timestamp, kind.timestamp, (left: Duration, right: Timestamp) => later(right, left)),
    meaning(kind.duration, kind.duration, kind.duration, (left: Duration, right: Duration) =>
      checkedDuration(left.nanoseconds + right.nanoseconds),
    ),
  ],
  '-': [
    ...numbers({
      double: (left: number, right: number) => left - right,
      int: (left: bigint, right: bigint) => int64(left - right),
      uint: (left: Uint, right: Uint) => uint64(left.value - right.value),
    }),
    meaning(kind.timestamp, kind.timestamp, kind.duration, (left: Timestamp, right: Timestamp) =>
      checkedDuration(left.nanoseconds - right.nanoseconds),
    ),
    meaning(kind.timestamp, kind.duration, kind.timestamp, (left: Timestamp, right: Duration) =>
      checkedTimestamp(left.nanoseconds - right.nanoseconds),
    ),
    meaning(kind.duration, kind.duration, kind.duration, (left: Duration, right: Duration) =>
      checkedDuration(left.nanoseconds - right.nanoseconds),
    ),
  ],
  '*': numbers({
    double: (left: number, right: number) => left * right,
    int: (left: bigint, right: bigint) => int64(left * right),
    uint: (left: Uint, right: Uint) => uint64(left.value * right.value),
  }),
  '/': numbers({
    double: (left: number, right: number) => left / right,
    int: (left: bigint, right: bigint) => int64(left / divisor(right)),
    uint: (left: Uint, right: Uint) => uint64(left.value / divisor(right.value)),
  }),
  // CEL has no remainder of doubles; JSON's whole numbers are doubles, so here there is one.
  '%': numbers({
    double: (left: number, right: number) => left % right,
    int: (left: bigint, right: bigint) => int64(left % divisor(right)),
    uint: (left: Uint, right: Uint) => uint64(left.value % divisor(right.value)),
  }),
}

/** `left + right` and its like */
export function compileArithmetic(context: CompileContext, node: Syntax & { op: Operator }): Code {
  const left = context.compile(node.args[0])
  const right = context.compile(node.args[1])
  const possible = meanings[node.op].filter((each) => left.type.may(each.left) && right.type.may(each.right))
  if (possible.length === 0) {
    const [a, b] = [describeKinds(left.type.kinds), describeKinds(right.type.kinds)]
    return context.fail(
      node,
      'expression.type',
      `"${node.op}" can't take ${a} and ${b}.`,
      hintFor(node.op, left, right),
    )
  }
  const kinds = possible.reduce((all, each) => all | each.result, 0)
  return { type: resultType(kinds, left, right), run: runArithmetic(node, possible, left.run, right.run) }
}

function runArithmetic(
  node: Syntax & { op: Operator },
  possible: readonly Meaning[],
  left: Code['run'],
  right: Code['run'],
): Code['run'] {
  const ofDoubles = possible.find((each) => each.left === kind.double && each.right === kind.double)?.calculate
  return (frame) => {
    const a = left(frame)
    const b = right(frame)
    if (ofDoubles && typeof a === 'number' && typeof b === 'number') return ofDoubles(a as never, b as never, frame)
    const leftKind = kindOf(a)
    const rightKind = kindOf(b)
    for (const each of possible) {
      if (each.left !== leftKind || each.right !== rightKind) continue
      try {
        return each.calculate(a as never, b as never, frame)
      } catch (error) {
        throw placed(error, node)
      }
    }
    throw new Fault(`"${node.op}" can't take ${describeKinds(leftKind)} and ${describeKinds(rightKind)}.`, '', node)
  }
}

function hintFor(operator: Operator, left: Code, right: Code): string {
  if (operator === '+' && (left.type.kinds | right.type.kinds) & kind.string)
    return 'Turn a number into text first: string(value).'
  return left.type.may(numberKinds) || right.type.may(numberKinds)
    ? 'Turn a text into a number first: double(text).'
    : ''
}

function resultType(kinds: number, left: Code, right: Code): StaticType {
  return kinds === kind.list ? listType(unionType(left.type.item, right.type.item)) : typeOfKinds(kinds)
}

/** `-operand` */
export function compileNegation(context: CompileContext, node: Syntax & { op: '-_' }): Code {
  const literal = node.args.op === 'value' ? node.args.args : undefined
  // The least of the whole numbers has no positive counterpart.
  if (typeof literal === 'bigint' && literal <= 2n ** 63n) return constant(-literal)
  if (typeof literal === 'number') return constant(-literal)
  const operand = context.compile(node.args)
  const kinds = operand.type.kinds & (kind.int | kind.double)
  if (kinds === 0) return context.fail(node, 'expression.type', `"-" can't take ${describeKinds(operand.type.kinds)}.`)
  return {
    type: typeOfKinds(kinds),
    run: (frame) => {
      const value = operand.run(frame)
      if (typeof value === 'number') return -value
      if (typeof value === 'bigint' && value > -(2n ** 63n)) return -value
      throw new Fault(`"-" can't take ${describeKinds(kindOf(value))}.`, '', node)
    },
  }
}

function int64(value: bigint): bigint {
  if (BigInt.asIntN(64, value) === value) return value
  throw new Fault('The whole number does not fit into 64 bits.', 'Calculate with decimal numbers: double(value).')
}

function uint64(value: bigint): Uint {
  if (BigInt.asUintN(64, value) === value) return new Uint(value)
  throw new Fault('The unsigned whole number does not fit into 64 bits.')
}

function divisor(value: bigint): bigint {
  if (value !== 0n) return value
  throw new Fault('Division by zero.', 'Test the divisor before.')
}

function concatBytes(left: Uint8Array, right: Uint8Array, frame: Frame): Uint8Array {
  frame.spendText(left.length + right.length)
  const joined = new Uint8Array(left.length + right.length)
  joined.set(left)
  joined.set(right, left.length)
  return joined
}

function later(moment: Timestamp, span: Duration): Timestamp {
  return checkedTimestamp(moment.nanoseconds + span.nanoseconds)
}

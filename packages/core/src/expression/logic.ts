import type { Code, CompileContext } from './code.ts'
import { Fault } from './fault.ts'
import type { Frame } from './frame.ts'
import { typeOfKinds, unionType } from './static-type.ts'
import type { Syntax } from './syntax.ts'
import { describeKinds, kind, kindOf } from './value.ts'

const bool = typeOfKinds(kind.bool)

/** Compiles a node whose value must be a bool; what it is for stands in the message otherwise. */
export function compileCondition(context: CompileContext, node: Syntax, purpose: string): Code {
  const code = context.compile(node)
  if (code.type.may(kind.bool)) return code
  const text = context.text(node)
  const hint = hintFor(code.type.kinds, text)
  return context.fail(
    node,
    'expression.type',
    `${purpose} must be true or false, and "${text}" is ${describeKinds(code.type.kinds)}.`,
    hint,
  )
}

function hintFor(kinds: number, text: string): string {
  if (kinds === kind.string) return `Such as: ${text} != ''`
  if (kinds === kind.list || kinds === kind.map) return `Such as: size(${text}) > 0`
  return 'Compare it with something.'
}

/** What stands in for a value that is neither true nor false. */
export function notBool(node: { start: number; end: number }, purpose: string, value: unknown): Fault {
  return new Fault(`${purpose} must be true or false, not ${describeKinds(kindOf(value))}.`, '', node)
}

/**
 * `left && right` and `left || right`: where one side settles the outcome, a failure of the other one doesn't matter,
 * whichever stands first (CEL language definition, Logical Operators).
 */
export function compileJunction(context: CompileContext, node: Syntax & { op: '&&' | '||' }): Code {
  const purpose = `Each side of "${node.op}"`
  const left = compileCondition(context, node.args[0], purpose)
  const right = compileCondition(context, node.args[1], purpose)
  const [runLeft, runRight] = [left.run, right.run]
  const settling = node.op === '||'
  return {
    type: bool,
    run: (frame) => {
      const a = attempt(runLeft, frame)
      if (a === settling) return settling
      const b = runRight(frame)
      if (b === settling) return settling
      if (a instanceof Fault) throw a
      if (typeof a !== 'boolean') throw notBool(node.args[0], purpose, a)
      if (typeof b !== 'boolean') throw notBool(node.args[1], purpose, b)
      return !settling
    },
  }
}

/** The value, or the fault that stopped it; a limit stops everything. */
export function attempt(run: Code['run'], frame: Frame): unknown {
  try {
    return run(frame)
  } catch (error) {
    if (!(error instanceof Fault) || error.isLimit) throw error
    frame.spend(8)
    return error
  }
}

/** `!operand` */
export function compileNot(context: CompileContext, node: Syntax & { op: '!_' }): Code {
  const purpose = 'What "!" turns around'
  const { run } = compileCondition(context, node.args, purpose)
  return {
    type: bool,
    run: (frame) => {
      const value = run(frame)
      if (typeof value === 'boolean') return !value
      throw notBool(node.args, purpose, value)
    },
  }
}

/** `condition ? whenTrue : whenFalse` */
export function compileConditional(context: CompileContext, node: Syntax & { op: '?:' }): Code {
  const purpose = 'The condition before "?"'
  const condition = compileCondition(context, node.args[0], purpose)
  const whenTrue = context.compile(node.args[1])
  const whenFalse = context.compile(node.args[2])
  return {
    type: unionType(whenTrue.type, whenFalse.type),
    run: (frame) => {
      const value = condition.run(frame)
      if (value === true) return whenTrue.run(frame)
      if (value === false) return whenFalse.run(frame)
      throw notBool(node.args[0], purpose, value)
    },
  }
}

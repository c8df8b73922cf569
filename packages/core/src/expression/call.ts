import { LinearPattern } from '../base/linear-pattern.ts'
import type { Code, CompileContext } from './code.ts'
import { compileComprehension, comprehensions } from './comprehension.ts'
import { conversionFunctions } from './conversion-function.ts'
import { Fault, placed } from './fault.ts'
import type { Frame } from './frame.ts'
import type { FunctionDefinition, Overload } from './function.ts'
import { listType, typeOfKinds } from './static-type.ts'
import type { Syntax } from './syntax.ts'
import { textFunctions } from './text-function.ts'
import { timeFunctions } from './time-function.ts'
import { describeKinds, kind, kindOf } from './value.ts'

type CallNode = Syntax & { op: 'call' | 'rcall' }

const functions: ReadonlyMap<string, FunctionDefinition> = new Map(
  [...conversionFunctions, ...textFunctions, ...timeFunctions].map((definition) => [definition.name, definition]),
)

/** The names that stand before parentheses: functions, methods and comprehensions. */
const functionNames: readonly string[] = [...functions.keys(), ...comprehensions.keys(), 'has', 'matches'].sort()

/** What other languages call some of them. */
const otherNames = new Map([
  ['length', 'size'],
  ['len', 'size'],
  ['count', 'size'],
  ['includes', 'contains'],
  ['some', 'exists'],
  ['any', 'exists'],
  ['every', 'all'],
  ['toLowerCase', 'lowerAscii'],
  ['lower', 'lowerAscii'],
  ['toUpperCase', 'upperAscii'],
  ['upper', 'upperAscii'],
  ['toString', 'string'],
  ['str', 'string'],
  ['number', 'double'],
  ['float', 'double'],
  ['regex', 'matches'],
  ['match', 'matches'],
])

/** `name(a, b)` and `a.name(b)` */
export function compileCall(context: CompileContext, node: CallNode): Code {
  const isMethod = node.op === 'rcall'
  const name = node.args[0]
  if (isMethod && comprehensions.has(name)) return compileComprehension(context, node)
  const argumentNodes = isMethod ? [node.args[1], ...node.args[2]] : node.args[1]
  if (name === 'matches') return compileMatches(context, node, argumentNodes)
  const definition = functions.get(name)
  const fits = definition && (definition.form === 'both' || (definition.form === 'method') === isMethod)
  if (!fits) return context.fail(node, 'expression.unknown_function', ...unknownFunction(context, node, definition))
  const overloads = definition.overloads.filter((each) => each.takes.length === argumentNodes.length)
  if (overloads.length === 0) {
    const counts = [...new Set(definition.overloads.map((each) => each.takes.length - (isMethod ? 1 : 0)))]
    const message = `${name}() takes ${counts.join(' or ')} ${counts.at(-1) === 1 ? 'argument' : 'arguments'}.`
    return context.fail(node, 'expression.type', message)
  }
  return compileOverloads(context, node, overloads, argumentNodes)
}

function unknownFunction(
  context: CompileContext,
  node: CallNode,
  definition: FunctionDefinition | undefined,
): [string, string] {
  const name = node.args[0]
  if (definition || comprehensions.has(name)) {
    const shown = definition?.form === 'function' ? `${name}(value)` : `value.${name}(…)`
    return [`${name}() is called differently.`, `Write ${comprehensions.get(name)?.example ?? shown}.`]
  }
  const other = otherNames.get(name)
  const hint = other
    ? `Did you mean "${other}"?`
    : context.suggestions.hint(name, () => functionNames, { most: functionNames.length })
  return [`There is no function "${name}".`, hint]
}

function compileOverloads(
  context: CompileContext,
  node: CallNode,
  overloads: readonly Overload[],
  nodes: readonly Syntax[],
): Code {
  const name = node.args[0]
  const codes = nodes.map((each) => context.compile(each))
  const possible = overloads.filter((each) => each.takes.every((kinds, index) => codes[index]!.type.may(kinds)))
  if (possible.length === 0) {
    const given = codes.map((code) => describeKinds(code.type.kinds)).join(', ')
    const taken = overloads.map((each) => each.takes.map(describeKinds).join(', ')).join('; or ')
    return context.fail(node, 'expression.type', `${name}() can't take ${given}.`, `It takes ${taken}.`)
  }
  const runs = codes.map((code) => code.run)
  const items = possible.every((each) => each.givesItems !== undefined) ? possible[0]!.givesItems : undefined
  const gives = possible.reduce((kinds, each) => kinds | each.gives, 0)
  return {
    type: items === undefined ? typeOfKinds(gives) : listType(typeOfKinds(items)),
    run: (frame) => {
      frame.spend(2)
      const values = runs.map((run) => run(frame))
      const match = possible.find((each) => each.takes.every((kinds, index) => (kinds & kindOf(values[index])) !== 0))
      if (!match) throw wrongArguments(node, possible, values)
      try {
        return match.call(frame, ...(values as never[]))
      } catch (error) {
        throw placed(error, node)
      }
    },
  }
}

function wrongArguments(node: CallNode, possible: readonly Overload[], values: readonly unknown[]): Fault {
  const given = values.map((value) => describeKinds(kindOf(value))).join(', ')
  const taken = possible.map((each) => each.takes.map(describeKinds).join(', ')).join('; or ')
  return new Fault(`${node.args[0]}() can't take ${given}.`, `It takes ${taken}.`, node)
}

/**
 * `text.matches('pattern')`: whether a part of the text matches. The pattern is compiled here, once, and matched by
 * automata whose work counts, so that no pattern can hang (a pattern out of data could cost any time to compile).
 */
function compileMatches(context: CompileContext, node: CallNode, nodes: readonly Syntax[]): Code {
  const [textNode, patternNode] = nodes
  if (!textNode || !patternNode || nodes.length !== 2) {
    return context.fail(
      node,
      'expression.type',
      'matches() takes a text and a pattern.',
      "Such as: text.matches('^[A-Z]+$')",
    )
  }
  const text = context.compile(textNode)
  if (!text.type.may(kind.string)) {
    return context.fail(
      textNode,
      'expression.type',
      `matches() looks into a text, and "${context.text(textNode)}" is ${describeKinds(text.type.kinds)}.`,
    )
  }
  if (patternNode.op !== 'value' || typeof patternNode.args !== 'string') {
    const hint = 'For a text that is not known beforehand use contains(), startsWith() or endsWith().'
    return context.fail(patternNode, 'expression.type', 'The pattern of matches() must be written out as a text.', hint)
  }
  const pattern = LinearPattern.compile(patternNode.args)
  if (typeof pattern === 'string') {
    const hint = "Patterns follow RE2: no look-around, no back-references. For backslashes write a raw text: r'\\d+'."
    return context.fail(patternNode, 'expression.type', `The pattern can't be used: ${pattern}.`, hint)
  }
  return { type: typeOfKinds(kind.bool), run: (frame) => runMatches(frame, node, text.run(frame), pattern) }
}

function runMatches(frame: Frame, node: CallNode, text: unknown, pattern: LinearPattern): boolean {
  if (typeof text !== 'string')
    throw new Fault(`matches() looks into a text, not into ${describeKinds(kindOf(text))}.`, '', node)
  frame.spend(text.length >> 3)
  return pattern.test(text, (visits) => frame.spend(2 * visits))
}

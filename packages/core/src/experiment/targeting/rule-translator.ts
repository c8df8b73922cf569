import type { JsonSchema } from '../../base/index.ts'
import type { ExpressionDiagnostic, Syntax } from '../../expression/index.ts'
import { variableName } from '../../expression/index.ts'
import { literalPatternRule } from './literal-pattern.ts'
import type { TargetingRule } from './rule.ts'

type Call = Syntax & { op: 'call' | 'rcall' }

const methods = ['startsWith', 'endsWith', 'contains', 'lowerAscii', 'upperAscii']
const comprehensions = ['exists', 'all', 'exists_one', 'filter']
/** Translates a checked expression to a rule, node by node, and notes what a rule can't say. */
export class RuleTranslator {
  readonly diagnostics: ExpressionDiagnostic[] = []
  readonly #source: string
  readonly #attributes: Readonly<Record<string, JsonSchema>>
  /** Names of the items of the comprehensions around. */
  readonly #items: string[] = []

  constructor(source: string, attributes: Readonly<Record<string, JsonSchema>>) {
    this.#source = source
    this.#attributes = attributes
  }

  translate(node: Syntax): TargetingRule {
    switch (node.op) {
      case 'value':
        return this.#literal(node, node.args)
      case 'id':
        return this.#name(node)
      case '.':
        return ['.', this.translate(node.args[0]), node.args[1]]
      case '[]':
        return ['[]', this.translate(node.args[0]), this.#compared(node.args[1])]
      case 'list':
        return ['list', ...node.args.map((item) => this.translate(item))]
      case 'map':
        return ['map', ...node.args.flatMap(([key, value]) => [this.translate(key), this.translate(value)])]
      case '?:':
        return ['?:', ...node.args.map((part) => this.translate(part))]
      case '!_':
        return ['!', this.translate(node.args)]
      case '-_':
        return this.#negation(node.args)
      case '==':
      case '<':
      case '<=':
        return [node.op, this.#compared(node.args[0]), this.#compared(node.args[1])]
      case '!=':
        return ['!', ['==', this.#compared(node.args[0]), this.#compared(node.args[1])]]
      case '>':
      case '>=':
        return [node.op === '>' ? '<' : '<=', this.#compared(node.args[1]), this.#compared(node.args[0])]
      case 'in':
        return ['in', this.#compared(node.args[0]), this.#container(node.args[1])]
      case '&&':
      case '||':
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
        return [node.op, this.translate(node.args[0]), this.translate(node.args[1])]
      case 'call':
      case 'rcall':
        return this.#call(node)
      default:
        return this.refuse(node, `A rule has no "${node.op}".`)
    }
  }

  /** Notes an error; what it gives stands in for the node, so that translating goes on. */
  refuse(node: Syntax, message: string, hint = 'Compute it before, and give it as an attribute.'): TargetingRule {
    const code = 'experiment.unsupported_targeting'
    this.diagnostics.push({ code, severity: 'error', message, hint, from: node.start, to: node.end })
    return null
  }

  #literal(node: Syntax, value: unknown): TargetingRule {
    if (typeof value === 'bigint') return ['int', String(value)]
    if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
      return value
    return this.refuse(node, 'A rule has neither bytes nor unsigned numbers.')
  }

  /** Where only its value matters, a whole number is a number like any other, which is quicker to read. */
  #compared(node: Syntax): TargetingRule {
    const rule = this.translate(node)
    const whole = Array.isArray(rule) && rule[0] === 'int' ? Number(rule[1]) : Number.NaN
    return Number.isSafeInteger(whole) ? whole : rule
  }

  /** A list of literals is looked into as it stands. */
  #container(node: Syntax): TargetingRule {
    if (node.op !== 'list') return this.translate(node)
    const items = node.args.map((item) => this.#compared(item))
    return items.some(Array.isArray) ? ['list', ...items] : ['value', items]
  }

  #name(node: Syntax & { op: 'id' }): TargetingRule {
    const name = variableName(node, this.#source)
    const depth = this.#items.lastIndexOf(name)
    if (depth >= 0) return ['item', depth]
    if (Object.hasOwn(this.#attributes, name)) return ['attribute', name]
    return this.refuse(node, 'A rule has no types as values.')
  }

  #negation(operand: Syntax): TargetingRule {
    if (operand.op === 'value' && typeof operand.args === 'bigint') return ['int', String(-operand.args)]
    // JSON has no -0.
    if (operand.op === 'value' && typeof operand.args === 'number' && operand.args !== 0) return -operand.args
    return ['*', ['int', '-1'], this.translate(operand)]
  }

  #call(node: Call): TargetingRule {
    const name = node.args[0]
    const operands = node.op === 'rcall' ? [node.args[1], ...node.args[2]] : node.args[1]
    const [first, second, third] = operands as [Syntax, Syntax, Syntax]
    if (name === 'has' && first.op === '.') return ['has', this.translate(first.args[0]), first.args[1]]
    if (name === 'size' || methods.includes(name)) return [name, ...operands.map((operand) => this.translate(operand))]
    if (name === 'matches') return this.#matches(node, first, second)
    if (comprehensions.includes(name)) return this.#comprehension(name, first, second, third)
    const known = ['size', 'has', 'matches', ...methods, ...comprehensions].map((each) => `${each}()`).join(', ')
    return this.refuse(node, `A rule has no ${name}().`, `A rule has ${known}.`)
  }

  #matches(node: Syntax, text: Syntax, pattern: Syntax): TargetingRule {
    const rule = literalPatternRule(this.translate(text), String(pattern.args))
    const hint =
      'Plain texts, choices and anchors may be in it, such as ^(free|pro)- or @example\\.com$. Else use contains(), startsWith(), endsWith(), lowerAscii().'
    return rule ?? this.refuse(node, 'The pattern is more than a rule can match in a browser.', hint)
  }

  #comprehension(name: string, container: Syntax, item: Syntax, condition: Syntax): TargetingRule {
    const among = this.translate(container)
    const depth = this.#items.push(variableName(item as Syntax & { op: 'id' }, this.#source)) - 1
    const rule = this.translate(condition)
    this.#items.pop()
    return [name, among, depth, rule]
  }
}

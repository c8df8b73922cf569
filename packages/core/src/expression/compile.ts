import type { JsonSchema } from '../base/json-schema.ts'
import { Suggestions } from '../base/suggest.ts'
import { compileHas, compileIndex, compileMember, compileVariable } from './access.ts'
import { compileArithmetic, compileNegation } from './arithmetic.ts'
import { compileCall } from './call.ts'
import type { Code, CompileContext, Place } from './code.ts'
import { compileEquality, compileMembership, compileOrder } from './comparison.ts'
import { typeValues } from './conversion-function.ts'
import type { ExpressionDiagnostic } from './diagnostic.ts'
import { Fault } from './fault.ts'
import { compileList, compileLiteral, compileMap, constant } from './literal.ts'
import { compileConditional, compileJunction, compileNot } from './logic.ts'
import { typeOfSchema } from './schema-type.ts'
import type { StaticType } from './static-type.ts'
import { anyType } from './static-type.ts'
import type { Syntax } from './syntax.ts'
import { variableName } from './syntax.ts'
import { kindOf } from './value.ts'

/** One name that a comprehension brings into scope. */
interface LocalVariable {
  name: string
  type: StaticType
}

/** Compiles one tree: checks every node and turns it into a function, noting diagnostics and references on the way. */
export class Compiler implements CompileContext {
  readonly source: string
  readonly suggestions: Suggestions
  readonly diagnostics: ExpressionDiagnostic[] = []
  readonly references = new Map<string, string[]>()
  readonly #declarations: Readonly<Record<string, JsonSchema>>
  readonly #locals: LocalVariable[] = []

  constructor(
    source: string,
    declarations: Readonly<Record<string, JsonSchema>>,
    suggestions: Suggestions = new Suggestions(),
  ) {
    this.source = source
    this.suggestions = suggestions
    this.#declarations = declarations
  }

  get comprehensions(): number {
    return this.#locals.length
  }

  compile(node: Syntax): Code {
    this.note(node)
    return this.#compileNode(node)
  }

  compileObject(node: Syntax): Code {
    return this.#compileNode(node)
  }

  note(node: Syntax): void {
    const path = this.#pathOf(node)
    if (path) this.references.set(path.length === 1 ? path[0]! : JSON.stringify(path), path)
  }

  fail(node: Place, code: string, message: string, hint = ''): Code {
    this.diagnostics.push({ code, severity: 'error', message, hint, from: node.start, to: node.end })
    return {
      type: anyType,
      run: () => {
        throw new Fault(message, hint, node)
      },
    }
  }

  warn(node: Place, code: string, message: string, hint: string): void {
    this.diagnostics.push({ code, severity: 'warning', message, hint, from: node.start, to: node.end })
  }

  text(node: Place): string {
    const text = this.source.slice(node.start, node.end)
    return text.length > 60 ? `${text.slice(0, 60)}…` : text
  }

  inScope<Result>(name: string, type: StaticType, compile: (slot: number) => Result): Result {
    this.#locals.push({ name, type })
    try {
      return compile(this.#locals.length - 1)
    } finally {
      this.#locals.pop()
    }
  }

  #compileNode(node: Syntax): Code {
    switch (node.op) {
      case 'value':
        return compileLiteral(this, node)
      case 'id':
        return this.#compileName(node, variableName(node, this.source))
      case '.':
        return compileMember(this, node)
      case '[]':
        return compileIndex(this, node)
      case 'call':
        return node.args[0] === 'has' ? compileHas(this, node) : compileCall(this, node)
      case 'rcall':
        return compileCall(this, node)
      case 'list':
        return compileList(this, node)
      case 'map':
        return compileMap(this, node)
      case '?:':
        return compileConditional(this, node)
      case '&&':
      case '||':
        return compileJunction(this, node)
      case '!_':
        return compileNot(this, node)
      case '-_':
        return compileNegation(this, node)
      case '==':
      case '!=':
        return compileEquality(this, node)
      case '<':
      case '<=':
      case '>':
      case '>=':
        return compileOrder(this, node)
      case 'in':
        return compileMembership(this, node)
      case '.?':
      case '[?]':
        return this.fail(node, 'expression.syntax', 'There are no optional values.', 'Write has(a.b) ? a.b : other.')
      default:
        return compileArithmetic(this, node)
    }
  }

  #compileName(node: Place, name: string): Code {
    const slot = this.#locals.findLastIndex((local) => local.name === name)
    if (slot >= 0) return localVariable(node, name, slot, this.#locals[slot]!.type)
    if (Object.hasOwn(this.#declarations, name)) {
      return compileVariable(node, name, typeOfSchema(this.#declarations[name]!))
    }
    const type = typeValues.get(name)
    if (type) return constant(type)
    const known = () => [...this.#locals.map((local) => local.name), ...Object.keys(this.#declarations)]
    const hint = this.suggestions.hint(name, known, { whenNone: 'There are no variables here.', most: 12 })
    return this.fail(node, 'expression.undeclared', `There is no variable "${name}" here.`, hint)
  }

  /** The path that the node reads, undefined when it reads none that starts at a declared variable. */
  #pathOf(node: Syntax): string[] | undefined {
    if (node.op === 'id') {
      const name = variableName(node, this.source)
      const isLocal = this.#locals.some((local) => local.name === name)
      return !isLocal && Object.hasOwn(this.#declarations, name) ? [name] : undefined
    }
    if (node.op === '.') return join(this.#pathOf(node.args[0]), node.args[1])
    const key = node.op === '[]' && node.args[1].op === 'value' ? node.args[1].args : undefined
    return node.op === '[]' && typeof key === 'string' ? join(this.#pathOf(node.args[0]), key) : undefined
  }
}

function join(path: string[] | undefined, name: string): string[] | undefined {
  return path && [...path, name]
}

function localVariable(node: Place, name: string, slot: number, type: StaticType): Code {
  return {
    type,
    run: (frame) => {
      const value = frame.locals[slot]
      if (kindOf(value) !== 0) return value
      throw new Fault(`"${name}" is nothing that JSON can hold.`, '', node)
    },
  }
}

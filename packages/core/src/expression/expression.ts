import { FairleadError } from '../base/error.ts'
import type { JsonSchema } from '../base/json-schema.ts'
import type { Suggestions } from '../base/suggest.ts'
import type { Code } from './code.ts'
import { Compiler } from './compile.ts'
import type { ExpressionDiagnostic } from './diagnostic.ts'
import { Fault } from './fault.ts'
import { Frame } from './frame.ts'
import { toJson } from './json.ts'
import type { StaticType } from './static-type.ts'
import { anyType } from './static-type.ts'
import { isSyntax, parseSyntax } from './syntax.ts'
import { kind, numberKinds } from './value.ts'

/** What kind of value an expression has, as far as it is known before: `dyn` when it may be of several kinds. */
export type ExpressionType =
  | 'bool'
  | 'string'
  | 'number'
  | 'list'
  | 'map'
  | 'null'
  | 'bytes'
  | 'timestamp'
  | 'duration'
  | 'dyn'

/** A checked expression, ready to be evaluated any number of times. */
export interface Expression {
  readonly source: string
  /** What is wrong with it, in source order; without an error among them it can be evaluated. */
  readonly diagnostics: readonly ExpressionDiagnostic[]
  /** The paths that it reads, variable first, such as `['draft', 'score']`, each once; items of comprehensions left out. */
  readonly references: readonly string[][]
  /** The kind of its value; null is left aside where something else is possible. */
  readonly type: ExpressionType
  /** The best known JSON Schema of what `evaluate` returns, `{}` when nothing is known. */
  readonly resultSchema: JsonSchema
  /**
   * The expression's value as plain JSON. The values are JSON too, by variable name; only own data members are read of
   * them, and what is passed through unchanged is returned by reference.
   * Throws `expression.evaluation` when there is no value (a missing key, a division by zero), `expression.limit` when
   * it would take too long, both with `data.from` and `data.to`, and `expression.invalid` when the diagnostics hold an error.
   */
  evaluate(values: Readonly<Record<string, unknown>>): unknown
}

/**
 * Compiles a CEL expression against the JSON Schemas of its variables. Never throws: what is wrong is in `diagnostics`.
 * Numbers of JSON are doubles, which compare and calculate with whole-number literals. Not in the language: messages of
 * protocol buffers, optional values, macros of extensions; `matches` takes a literal pattern. Limits: `expressionLimits`.
 * Who compiles many may have them share the effort that goes into suggestions.
 *
 * @example
 * const expression = compileExpression("output.sentiment == 'positive'", { output: { type: 'object' } })
 * expression.evaluate({ output: { sentiment: 'positive' } }) // true
 */
export function compileExpression(
  source: string,
  declarations: Readonly<Record<string, JsonSchema>>,
  suggestions?: Suggestions,
): Expression {
  const syntax = parseSyntax(source)
  if (!isSyntax(syntax)) return new CompiledExpression(source, [syntax], [], undefined)
  const compiler = new Compiler(source, declarations, suggestions)
  const code = compiler.compile(syntax)
  const diagnostics = compiler.diagnostics.sort((a, b) => a.from - b.from)
  return new CompiledExpression(source, diagnostics, [...compiler.references.values()], code)
}

/** A class, since an object literal with a getter is several times slower to make. */
class CompiledExpression implements Expression {
  readonly source: string
  readonly diagnostics: readonly ExpressionDiagnostic[]
  readonly references: readonly string[][]
  readonly type: ExpressionType
  readonly evaluate: Expression['evaluate']
  readonly #type: StaticType

  constructor(source: string, diagnostics: ExpressionDiagnostic[], references: string[][], code: Code | undefined) {
    const error = diagnostics.find((diagnostic) => diagnostic.severity === 'error')
    this.source = source
    this.diagnostics = diagnostics
    this.references = references
    const type = code?.type ?? anyType
    this.type = typeName(type)
    this.#type = error ? anyType : type
    this.evaluate = code && !error ? evaluator(source, code) : refuser(source, error)
  }

  get resultSchema(): JsonSchema {
    return this.#type.schema
  }
}

function evaluator(source: string, { run }: Code): Expression['evaluate'] {
  return (values) => {
    const frame = new Frame(values)
    try {
      const value = run(frame)
      // Most expressions are conditions, and a bool is JSON.
      return typeof value === 'boolean' ? value : toJson(value, frame)
    } catch (error) {
      throw failure(source, error)
    }
  }
}

function failure(source: string, error: unknown): unknown {
  if (error instanceof RangeError)
    return failure(source, new Fault('The values are nested too deeply.', '', undefined, true))
  if (!(error instanceof Fault)) return error
  const place = error.from < 0 ? { from: 0, to: source.length } : { from: error.from, to: error.to }
  const code = error.isLimit ? 'expression.limit' : 'expression.evaluation'
  const message = error.hint === '' ? error.message : `${error.message} ${error.hint}`
  return new FairleadError(code, message, { data: { expression: source, ...place } })
}

function refuser(source: string, error: ExpressionDiagnostic | undefined): Expression['evaluate'] {
  return () => {
    throw new FairleadError(
      'expression.invalid',
      `The expression can't be evaluated: ${error?.message} ${error?.hint}`,
      {
        data: { expression: source, from: error?.from, to: error?.to },
      },
    )
  }
}

const typeNames = new Map<number, ExpressionType>([
  [kind.bool, 'bool'],
  [kind.string, 'string'],
  [kind.list, 'list'],
  [kind.map, 'map'],
  [kind.bytes, 'bytes'],
  [kind.timestamp, 'timestamp'],
  [kind.duration, 'duration'],
])

function typeName(type: StaticType): ExpressionType {
  if (type.kinds === kind.null) return 'null'
  const kinds = type.kinds & ~kind.null
  if ((kinds & ~numberKinds) === 0) return 'number'
  return typeNames.get(kinds) ?? 'dyn'
}

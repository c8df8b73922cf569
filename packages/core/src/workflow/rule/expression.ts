import type { JsonSchema } from '../../base/index.ts'
import type { Expression, ExpressionDiagnostic } from '../../expression/index.ts'
import { compileExpression } from '../../expression/index.ts'
import type { FlowPoint } from '../data-flow.ts'
import type { Place } from '../diagnostic.ts'
import { errorAt } from '../diagnostic.ts'
import type { Diagnostic } from '../document-schema.ts'
import type { Scope } from '../scope.ts'
import { namesAt } from '../scope.ts'
import { textHint } from './literal-text.ts'
import type { Subject } from './subject.ts'
import { reportUnwritten } from './unwritten.ts'

/** What the value of an expression is used for. */
export type Purpose = 'condition' | 'items' | 'value'

const reasons: Readonly<Record<string, string>> = {
  'expression.undeclared': 'undeclared_variable',
  'expression.unknown_property': 'unknown_property',
  'expression.unknown_function': 'unknown_function',
  'expression.never_equal': 'never_equal',
}

/**
 * Compiles one expression where it stands and reports what is wrong with it: its syntax and types, names that are not in
 * scope, variables that some path has not written, a value of no use for the purpose. Answers the expression when it is
 * sound enough for more to be said about its value.
 */
export function checkExpression(
  subject: Subject,
  {
    source,
    place,
    scope,
    point,
    purpose,
  }: { source: string; place: Place; scope: Scope; point: FlowPoint; purpose: Purpose },
): Expression | null {
  const names = namesAt(scope, point)
  const expression = compileExpression(source, names, subject.suggestions)
  for (const found of expression.diagnostics) subject.report(located(subject, found, place, source, purpose))
  reportUnwritten(
    subject,
    expression.references.map((path) => path[0]!),
    place,
    point,
  )
  if (expression.diagnostics.some((found) => found.severity === 'error')) return null
  const misuse = misuseOf(expression, purpose)
  if (misuse === null) return expression
  subject.report({ ...misuse(place), from: 0, to: source.length })
  return null
}

function misuseOf({ type }: Expression, purpose: Purpose): ((place: Place) => Diagnostic) | null {
  if (purpose === 'condition' && type !== 'bool' && type !== 'dyn') {
    const message = `A condition must be true or false, but this is a ${type}.`
    return (place) => errorAt(place, 'not_a_condition', message, 'Compare it with something, such as "score < 0.8".')
  }
  if (purpose === 'items' && type !== 'list' && type !== 'dyn') {
    const message = `A map needs a list of items, but this is a ${type}.`
    return (place) => errorAt(place, 'not_a_list', message, 'Name a variable that holds a list, or write one: [a, b].')
  }
  return null
}

function located(
  subject: Subject,
  found: ExpressionDiagnostic,
  place: Place,
  source: string,
  purpose: Purpose,
): Diagnostic {
  const reason = reasons[found.code] ?? found.code.replace('.', '_')
  const { message, severity, from, to } = found
  return { ...errorAt(place, reason, message, hintFor(subject, found, source, purpose)), severity, from, to }
}

function hintFor(subject: Subject, found: ExpressionDiagnostic, source: string, purpose: Purpose): string {
  const elsewhere =
    found.code === 'expression.undeclared' ? scopeHint(subject, source.slice(found.from, found.to)) : null
  if (elsewhere !== null) return elsewhere
  const text = purpose === 'value' ? textHint(source, found) : null
  if (text === null) return found.hint
  return found.code === 'expression.syntax' ? text : `${found.hint} ${text}`.trim()
}

/** For names that exist elsewhere in a workflow, where that is. */
function scopeHint({ index }: Subject, name: string): string | null {
  switch (name) {
    case 'loop':
      return '"loop.index" is known inside a loop only.'
    case 'index':
      return '"index" is known inside a map only; a loop counts in "loop.index".'
    case 'error':
      return '"error" is known only behind the handle "error" of a node whose "onError" is "route".'
  }
  const map = index.mapOfItem.get(name)
  return map === undefined ? null : `"${name}" is the item of the map "${map}", known inside it only.`
}

/** The schema of an expression's value; `true` when nothing is known. */
export function resultSchemaOf(expression: Expression | null): JsonSchema {
  return expression?.resultSchema ?? true
}

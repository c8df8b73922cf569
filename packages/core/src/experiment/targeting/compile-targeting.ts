import type { JsonSchema } from '../../base/index.ts'
import type { ExpressionDiagnostic } from '../../expression/index.ts'
import { compileExpression, isSyntax, parseSyntax, variableNames } from '../../expression/index.ts'
import type { TargetingRule } from './rule.ts'
import { RuleTranslator } from './rule-translator.ts'

export interface CompiledTargeting {
  /** Null when the diagnostics hold an error; a test that has no rule is for everybody, so don't start one with it. */
  readonly rule: TargetingRule | null
  /** What is wrong with the source, in its order; warnings leave the rule as it is. */
  readonly diagnostics: readonly ExpressionDiagnostic[]
}

/**
 * Compiles a CEL expression over a unit's attributes, such as `plan in ['pro', 'team'] && country == 'DE'`, to a rule that
 * `matchesRule` reads without a parser. With schemas the attributes are those that have one, and the expression is
 * checked against them; without, any name is an attribute. Never throws: what is wrong, and what CEL has but a rule has
 * not (times, conversions, `map`, patterns that are more than plain texts), is in `diagnostics`.
 */
export function compileTargeting(source: string, attributes?: Readonly<Record<string, JsonSchema>>): CompiledTargeting {
  const syntax = parseSyntax(source)
  if (!isSyntax(syntax)) return { rule: null, diagnostics: [syntax] }
  const declarations =
    attributes ??
    Object.fromEntries([...variableNames(syntax, source)].map((name): [string, JsonSchema] => [name, true]))
  const { diagnostics, type } = compileExpression(source, declarations)
  if (hasError(diagnostics)) return { rule: null, diagnostics }
  const translator = new RuleTranslator(source, declarations)
  const rule = translator.translate(syntax)
  if (type !== 'bool' && type !== 'dyn') {
    const hint = "Compare it with something, such as in plan == 'pro'."
    translator.refuse(syntax, `Targeting is true or false, and this is a ${type}.`, hint)
  }
  const all = [...diagnostics, ...translator.diagnostics].sort((a, b) => a.from - b.from)
  return { rule: hasError(all) ? null : rule, diagnostics: all }
}

function hasError(diagnostics: readonly ExpressionDiagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error')
}

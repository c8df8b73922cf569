import type { TargetingRule } from './rule.ts'

/** Texts, one of which a match is; where it must begin or end with the text that is looked into. */
interface LiteralPattern {
  texts: readonly string[]
  isStart: boolean
  isEnd: boolean
}

/**
 * The rule for `text.matches(pattern)` where the pattern is made of plain texts, choices between them and anchors, such
 * as `@example\.com$` or `^(free|pro)-`; undefined for any other. A regex engine whose time is linear is too large for a
 * browser, and the browser's own one can be made to hang.
 */
export function literalPatternRule(text: TargetingRule, pattern: string): TargetingRule | undefined {
  const alternatives = splitChoice(pattern).map(parseAlternative)
  const rules = alternatives.map((alternative) => alternative && ruleFor(text, alternative))
  if (rules.includes(undefined)) return undefined
  return (rules as TargetingRule[]).reduce((left, right) => ['||', left, right])
}

function ruleFor(text: TargetingRule, { texts, isStart, isEnd }: LiteralPattern): TargetingRule {
  // A value that is no text makes no match and no mismatch: the test whether it starts with nothing has no value then.
  if (isStart && isEnd) return ['?:', ['startsWith', text, ''], ['in', text, ['value', texts]], false]
  const test = isStart ? 'startsWith' : isEnd ? 'endsWith' : 'contains'
  return texts.map((part): TargetingRule => [test, text, part]).reduce((left, right) => ['||', left, right])
}

/** The alternatives of a choice outside of parentheses. */
function splitChoice(pattern: string): string[] {
  const alternatives = ['']
  let depth = 0
  for (const [piece] of pattern.matchAll(/\\.|[^\\]|\\$/gsu)) {
    if (piece === '(') depth++
    if (piece === ')') depth--
    if (piece === '|' && depth === 0) alternatives.push('')
    else alternatives[alternatives.length - 1] += piece
  }
  return alternatives
}

/** An alternative with at most one choice in parentheses, which holds plain texts. */
function parseAlternative(alternative: string): LiteralPattern | undefined {
  const parts = /^(\^?)((?:\\.|[^\\()])*?)(?:\((?:\?:)?((?:\\.|[^\\()])*)\)((?:\\.|[^\\()])*?))?(\$?)$/su.exec(
    alternative,
  )
  if (!parts) return undefined
  const [, start, before = '', choice = '', after = '', end] = parts
  const texts = splitChoice(choice).map((middle) => plainText(before + middle + after))
  if (texts.includes(undefined)) return undefined
  return { texts: texts as string[], isStart: start !== '', isEnd: end !== '' }
}

/** The text that a pattern without operators matches, undefined when it has any. */
function plainText(pattern: string): string | undefined {
  const isPlain = /^(?:\\[^a-zA-Z0-9\s]|[^\\.+*?()|[\]{}^$])*$/su.test(pattern)
  return isPlain ? pattern.replace(/\\(.)/gsu, '$1') : undefined
}

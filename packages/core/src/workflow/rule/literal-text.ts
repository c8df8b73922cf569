import type { ExpressionDiagnostic } from '../../expression/index.ts'

/** Words and figures with what stands between them in a sentence, a name or an address, and no operator of an expression. */
const plainText = /^[\p{L}\p{N}\s_.,:;/@#!-]+\??$/u

/**
 * What to say where a text was probably written without its quotes, as `Blue tent` for `'Blue tent'`; null where the
 * expression looks like one.
 */
export function textHint(source: string, { code, from, to }: ExpressionDiagnostic): string | null {
  const text = source.trim()
  if (!plainText.test(text) || !/\p{L}/u.test(text)) return null
  const quoted = `'${text.length > 40 ? `${text.slice(0, 39)}…` : text}'`
  if (code === 'expression.syntax') {
    // An expression that breaks off has no word too many.
    return from >= source.trimEnd().length ? null : `A text stands in quotes: ${quoted}.`
  }
  const isWhole = source.slice(from, to) === text
  return code === 'expression.undeclared' && isWhole ? `Or if the text is meant, put it in quotes: ${quoted}.` : null
}

export interface JsonSyntaxFault {
  /** In UTF-16 code units, from 0. */
  offset: number
  line: number
  column: number
  message: string
}

/** What the grammar of RFC 8259 allows next. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or ]' | ', or }' | 'end'

const sign = /([[\]{},:])/
const string = /("(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")/
const scalar = /(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/
const token = new RegExp(`[ \\t\\n\\r]*(?:${sign.source}|${string.source}|${scalar.source})`, 'y')
const space = /[ \t\n\r]*/y

/**
 * Where a text stops being JSON. The engine's own message names no position for short texts. Call it with a text that
 * `JSON.parse` has refused.
 */
export function locateJsonFault(text: string): JsonSyntaxFault {
  const open: ('[' | '{')[] = []
  let expected: Expected = 'value'
  let offset = 0
  for (;;) {
    token.lastIndex = offset
    const match = token.exec(text)
    const next: Expected | null = match && follow(expected, match, open)
    if (!next) return fault(text, offset, expected)
    offset = token.lastIndex
    expected = next
  }
}

function follow(expected: Expected, [, sign, string]: RegExpExecArray, open: ('[' | '{')[]): Expected | null {
  const after = (): Expected => (open.length === 0 ? 'end' : open.at(-1) === '[' ? ', or ]' : ', or }')
  const close = (): Expected => {
    open.pop()
    return after()
  }
  const takesValue = expected === 'value' || expected === 'value or ]'
  const takesKey = expected === 'key' || expected === 'key or }'
  switch (sign) {
    case '[':
    case '{':
      if (!takesValue) return null
      open.push(sign)
      return sign === '[' ? 'value or ]' : 'key or }'
    case ']':
      return expected === 'value or ]' || expected === ', or ]' ? close() : null
    case '}':
      return expected === 'key or }' || expected === ', or }' ? close() : null
    case ',':
      if (expected === ', or ]') return 'value'
      return expected === ', or }' ? 'key' : null
    case ':':
      return expected === ':' ? 'value' : null
    default:
      if (takesKey) return string === undefined ? null : ':'
      return takesValue ? after() : null
  }
}

function fault(text: string, from: number, expected: Expected): JsonSyntaxFault {
  space.lastIndex = from
  space.exec(text)
  const offset = space.lastIndex
  const before = text.slice(0, offset)
  const found =
    offset < text.length ? JSON.stringify(String.fromCodePoint(text.codePointAt(offset)!)) : 'the end of the text'
  return {
    offset,
    line: before.split('\n').length,
    column: offset - before.lastIndexOf('\n'),
    message: `expected ${expected === 'end' ? 'the end of the text' : expected}, found ${found}`,
  }
}

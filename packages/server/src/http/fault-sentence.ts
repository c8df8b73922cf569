import type * as z from 'zod'

/** What a fault says, behind the name of its place: "must be a number". What a schema says in words of its own stays. */
export function faultSentence(issue: z.core.$ZodIssue): string {
  if (!/^(Invalid|Too (small|big)|Unrecognized)\b/.test(issue.message)) return issue.message
  switch (issue.code) {
    case 'invalid_type':
      return typeSentence(issue)
    case 'too_small':
      return boundSentence(issue, 'at least', Number(issue.minimum), issue.inclusive ?? true)
    case 'too_big':
      return boundSentence(issue, 'at most', Number(issue.maximum), issue.inclusive ?? true)
    case 'invalid_format':
      return (
        formats[issue.format] ?? (issue.pattern ? `must match ${issue.pattern}` : `must be a valid ${issue.format}`)
      )
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}`
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'invalid_key':
      return `has a name that is not allowed: it ${issue.issues[0] ? faultSentence(issue.issues[0]) : 'does not fit'}`
    default:
      return 'does not fit'
  }
}

/** What JSON values are called in sentences, by their types. */
export const typeNames: Readonly<Record<string, string>> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
}

const received: Readonly<Record<string, string>> = { ...typeNames, null: 'null' }

function typeSentence({ expected, message }: z.core.$ZodIssueInvalidType): string {
  const wanted = typeNames[expected] ?? expected
  const given = /received (\w+)$/.exec(message)?.[1] ?? ''
  if (given === 'undefined') return `is required: expected ${wanted}`
  const isToldApart = received[given] !== undefined && !(expected === 'int' && given === 'number')
  return `must be ${wanted}${isToldApart ? `, not ${received[given]}` : ''}`
}

function boundSentence({ origin }: { origin: string }, side: string, bound: number, isInclusive: boolean): string {
  const unit = { string: 'character', array: 'item', object: 'member', set: 'item' }[origin]
  if (unit === undefined) {
    if (isInclusive) return `must be ${side} ${bound}`
    return `must be ${side === 'at least' ? 'greater' : 'less'} than ${bound}`
  }
  if (side === 'at least' && bound === 1) return 'must not be empty'
  return `must have ${side} ${bound} ${unit}${bound === 1 ? '' : 's'}`
}

const formats: Readonly<Record<string, string>> = {
  datetime: 'must be a time in UTC, such as 2026-01-31T12:00:00Z',
  email: 'must be an e-mail address',
  uuid: 'must be a UUID',
  url: 'must be a URL',
}

/** What may stand somewhere: the one value, or "one of" several. */
export function oneOf(values: readonly unknown[]): string {
  return `${values.length === 1 ? '' : 'one of '}${values.map(shown).join(', ')}`
}

function shown(value: unknown): string {
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value)
}

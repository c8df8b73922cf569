import type { OutputUnit } from '@cfworker/json-schema'

/** Why a value doesn't fit its schema, or why a schema is none; `pointer` is a JSON pointer (RFC 6901) into it. */
export interface JsonFault {
  pointer: string
  message: string
}

/** Keywords whose failure only says that something inside failed, which is reported itself. */
const wrappers = new Set(
  '$ref allOf if properties patternProperties prefixItems items additionalItems unevaluatedItems propertyNames dependentSchemas'.split(
    ' ',
  ),
)
/** Keywords of which the reader wants the choice as a whole, not why each alternative failed. */
const choices = new Set(['anyOf', 'oneOf', 'not', 'contains'])

/** The validator's output as faults that name the place in the value and say what is wrong there, each once. */
export function readableFaults(units: readonly OutputUnit[]): JsonFault[] {
  const faults = new Map<string, JsonFault>()
  let choice = ''
  for (const unit of units) {
    if (choice !== '' && unit.keywordLocation.startsWith(`${choice}/`)) continue
    choice = choices.has(unit.keyword) ? unit.keywordLocation : ''
    const isWrapper = wrappers.has(unit.keyword) || isAroundFalse(unit)
    if (isWrapper) continue
    const fault = { pointer: decodeURIComponent(unit.instanceLocation.slice(1)), message: readable(unit) }
    faults.set(`${fault.pointer} ${fault.message}`, fault)
  }
  return [...faults.values()]
}

/** `additionalProperties: false` is followed by a unit of its own for each property that is too many. */
function isAroundFalse(unit: OutputUnit): boolean {
  return unit.keyword === 'additionalProperties' || unit.keyword === 'unevaluatedProperties'
}

function readable({ keyword, error }: OutputUnit): string {
  switch (keyword) {
    case 'type':
      return error.replace(/^Instance type "(\w+)" is invalid\. Expected "(.*)"\.$/, (_all, found, expected) => {
        return `Must be ${expected.replaceAll('", "', ' or ')}, not ${found}.`
      })
    case 'required':
      return error.replace('Instance does not have required property', 'Is missing the required property')
    case 'false':
      return 'Is not allowed here.'
    case 'const':
      return error.replace('Instance does not match', 'Must be')
    case 'enum':
      return error.replace(
        /^Instance does not match any of \[(.*)\]\.$/s,
        (_all, values) => `Must be one of ${shorten(values)}.`,
      )
    case 'format':
      return error
        .replace(/^String does not match format "pattern (.*)"\.$/s, 'Must match the pattern "$1".')
        .replace('String does not match format', 'Must be a valid')
    case 'anyOf':
      return 'Fits none of the allowed alternatives.'
    case 'oneOf':
      return error.replace(/^.*\((\d+) matches\)\.$/, 'Must fit exactly one of the alternatives, but fits $1.')
    case 'not':
      return 'Is of the one kind that is not allowed.'
    default:
      return error.replaceAll('Instance ', 'The value ')
  }
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

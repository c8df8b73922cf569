import { format as formats } from '@cfworker/json-schema'
import { equalJson } from './equal-json.ts'
import type { Check, Evaluation, SoundSchema } from './json-schema-evaluation.ts'
import { jsonTypeOf } from './json-schema-evaluation.ts'
import { isMultipleOf } from './multiple-of.ts'

/** The formats of draft 2020-12 whose check takes linear time; other formats are annotations. */
const checkedFormats = new Set(
  'date time date-time duration uri uri-reference uri-template email hostname ipv4 ipv6 uuid json-pointer'.split(' '),
)

/** What a value of any type is held to by itself, in the order in which it is reported. */
export const valueChecks: readonly Check<unknown>[] = [type, constant, enumeration]

function type(run: Evaluation, schema: SoundSchema, value: unknown): boolean {
  if (schema.type === undefined) return true
  const found = jsonTypeOf(value)
  const names = (Array.isArray(schema.type) ? schema.type : [schema.type]) as string[]
  if (names.includes(found) || (names.includes('integer') && Number.isInteger(value))) return true
  return run.fault(() => `Must be ${names.join(' or ')}, not ${found}.`)
}

function constant(run: Evaluation, schema: SoundSchema, value: unknown): boolean {
  if (schema.const === undefined || equalJson(value, schema.const, run)) return true
  return run.fault(() => `Must be ${written(run, schema.const)}.`)
}

function enumeration(run: Evaluation, schema: SoundSchema, value: unknown): boolean {
  const values = schema.enum as unknown[] | undefined
  if (values === undefined || values.some((each) => equalJson(value, each, run))) return true
  return run.fault(() => `Must be one of ${shorten(written(run, values).slice(1, -1))}.`)
}

/** A part of the schema as JSON. Writing it is work, each time anew. */
function written(run: Evaluation, value: unknown): string {
  const text = JSON.stringify(value)
  run.spend(text.length >> 5)
  return text
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

/** What a number is held to. */
export function numberFits(run: Evaluation, schema: SoundSchema, value: number): boolean {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema as Record<
    string,
    number | undefined
  >
  let fits = true
  const must = (holds: boolean, message: () => string) => {
    if (!holds) fits = run.fault(message)
  }
  if (minimum !== undefined) must(value >= minimum, () => `${value} is less than ${minimum}.`)
  if (maximum !== undefined) must(value <= maximum, () => `${value} is greater than ${maximum}.`)
  if (exclusiveMinimum !== undefined) must(value > exclusiveMinimum, () => `${value} is not above ${exclusiveMinimum}.`)
  if (exclusiveMaximum !== undefined) must(value < exclusiveMaximum, () => `${value} is not below ${exclusiveMaximum}.`)
  if (multipleOf !== undefined) {
    must(isMultipleOf(value, multipleOf), () => `${value} is not a multiple of ${multipleOf}.`)
  }
  return fits
}

/** What a text is held to. */
export function textFits(run: Evaluation, schema: SoundSchema, value: string): boolean {
  const { minLength, maxLength } = schema as Record<string, number | undefined>
  const { pattern, format } = schema as Record<string, string | undefined>
  let fits = true
  if (minLength !== undefined || maxLength !== undefined) {
    const length = codePoints(run, value)
    if (minLength !== undefined && length < minLength) {
      fits = run.fault(() => `String is too short (${length} < ${minLength}).`)
    }
    if (maxLength !== undefined && length > maxLength) {
      fits = run.fault(() => `String is too long (${length} > ${maxLength}).`)
    }
  }
  if (format !== undefined && checkedFormats.has(format)) {
    run.spend(value.length >> 2)
    if (!formats[format]!(value)) fits = run.fault(() => `Must be a valid "${format}".`)
  }
  if (pattern !== undefined) {
    const matches = run.meaning.patterns.get(pattern)!.test(value, (visits) => run.spend(visits))
    if (!matches) fits = run.fault(() => `Must match the pattern "${pattern}".`)
  }
  return fits
}

function codePoints(run: Evaluation, text: string): number {
  run.spend(text.length >> 5)
  let length = 0
  for (let index = 0; index < text.length; index++, length++) {
    if (text.codePointAt(index)! > 0xffff) index++
  }
  return length
}

import type { RequestFault } from '@fairlead/core/base'
import { Suggestions } from '@fairlead/core/base'
import type * as z from 'zod'
import { alternativesAt } from './alternative.ts'
import { faultSentence, oneOf } from './fault-sentence.ts'
import { toPointer } from './json-body.ts'
import { unknownField } from './known-field.ts'
import { problem } from './problem.ts'

const maxFaults = 50
/** More than these are counted in the sentence that sums them up. */
const maxNamed = 3

/** What the contract says about one part of a request, applied: the parsed value, or the faults found in it. */
export function checkPart<Schema extends z.ZodType>(
  part: NonNullable<RequestFault['in']>,
  schema: Schema | undefined,
  value: unknown,
): { ok: true; value: unknown } | { ok: false; faults: RequestFault[] } {
  if (!schema) return { ok: true, value: undefined }
  const parsed = schema.safeParse(value)
  if (parsed.success) return { ok: true, value: parsed.data }
  const request = { part, schema, value, suggestions: new Suggestions() }
  return { ok: false, faults: telling(parsed.error.issues).flatMap((issue) => toFaults(request, issue)) }
}

/** Without what a whole object does not keep where a field of it is unknown: it may be kept by what was meant. */
function telling(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const unknown = issues.filter(({ code }) => code === 'unrecognized_keys')
  const misread = new Set(unknown.map(({ path }) => toPointer(path)))
  return issues.filter(({ code, path }) => code !== 'custom' || !misread.has(toPointer(path)))
}

/** The 400 that names every fault found, or the first fifty. */
export function invalidRequest(faults: readonly RequestFault[]) {
  const named = faults
    .slice(0, maxNamed)
    .map(({ in: part, pointer, message }) => `${part ?? 'body'}${pointer} ${message}`)
  const more = faults.length > maxNamed ? `; and ${faults.length - maxNamed} more` : ''
  const sentence = `The request does not fit: ${named.join('; ')}${more}`
  return problem('http.invalid_request', sentence.endsWith('?') ? sentence : `${sentence}.`, {
    data: { errors: faults.slice(0, maxFaults) },
  })
}

/** The part of a request that is checked, against what, and what suggestions may still cost. */
interface CheckedPart {
  part: NonNullable<RequestFault['in']>
  schema: z.ZodType
  value: unknown
  suggestions: Suggestions
}

function toFaults(request: CheckedPart, issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): RequestFault[] {
  const { part } = request
  const path = [...above, ...issue.path]
  switch (issue.code) {
    case 'unrecognized_keys':
      return unknownFields(request, issue.keys, path)
    case 'invalid_union':
      return toUnionFaults(request, issue, path)
    default:
      return [{ in: part, pointer: toPointer(path), code: issue.code, message: faultSentence(issue) }]
  }
}

function unknownFields(
  { part, schema, suggestions }: CheckedPart,
  keys: readonly string[],
  path: readonly PropertyKey[],
): RequestFault[] {
  return keys.map((key) => ({
    in: part,
    pointer: toPointer([...path, key]),
    code: 'unknown_field',
    message: unknownField(schema, path, key, suggestions),
  }))
}

function toUnionFaults(
  request: CheckedPart,
  issue: z.core.$ZodIssueInvalidUnion,
  path: readonly PropertyKey[],
): RequestFault[] {
  const { part, schema, value } = request
  const meant = meantBranch(issue.errors)
  if (meant) return meant.flatMap((inner) => toFaults(request, inner, path))
  const fault = { in: part, pointer: toPointer(path), code: issue.code }
  if ('options' in issue && issue.options) {
    const isAbsent = valueAt(value, path) === undefined
    return [{ ...fault, message: `${isAbsent ? 'is required: expected' : 'must be'} ${oneOf(issue.options)}` }]
  }
  // What no alternative has is told, too: one of their names may be misspelled.
  const [unknown = [], ...others] = issue.errors.map((issues) =>
    issues.flatMap((inner) => (inner.code === 'unrecognized_keys' && inner.path.length === 0 ? inner.keys : [])),
  )
  const keys = unknown.filter((key) => others.every((other) => other.includes(key)))
  const message = `must be ${alternativesAt(schema, path)}`
  return [{ ...fault, message }, ...unknownFields(request, keys, path)]
}

/** Of several alternatives the one that was meant: what is given got furthest in it, or has names of it alone. */
function meantBranch(branches: z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const reach = (issues: z.core.$ZodIssue[]) =>
    Math.max(0, ...issues.filter((issue) => !isMissing(issue)).map(({ path }) => path.length))
  const [best] = branches.toSorted((one, other) => reach(other) - reach(one) || one.length - other.length)
  if (best && reach(best) > 0) return best
  const unfinished = branches.filter((issues) => issues.every((issue) => issue.path.length > 0))
  return unfinished.length === 1 ? unfinished[0] : undefined
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((found, step) => (found as Record<PropertyKey, unknown> | undefined)?.[step], value)
}

import type { RequestFault } from '@fairlead/core/base'
import { Suggestions } from '@fairlead/core/base'
import type * as z from 'zod'
import { faultSentence } from './fault-sentence.ts'
import { toPointer } from './json-body.ts'
import { knownField } from './known-field.ts'
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
  const request = { part, schema, suggestions: new Suggestions() }
  return { ok: false, faults: parsed.error.issues.flatMap((issue) => toFaults(request, issue)) }
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
  suggestions: Suggestions
}

function toFaults(request: CheckedPart, issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): RequestFault[] {
  const { part, schema, suggestions } = request
  const path = [...above, ...issue.path]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        in: part,
        pointer: toPointer([...path, key]),
        code: 'unknown_field',
        message: `is unknown: ${knownField(schema, path, key, suggestions) ?? `there is no field "${key}"`}`,
      }))
    case 'invalid_union': {
      const closest = closestBranch(issue.errors)
      if (closest) return closest.flatMap((inner) => toFaults(request, inner, path))
      return [{ in: part, pointer: toPointer(path), code: issue.code, message: 'fits none of the alternatives' }]
    }
    default:
      return [{ in: part, pointer: toPointer(path), code: issue.code, message: faultSentence(issue) }]
  }
}

/** Of several alternatives the one that got furthest says most about what was meant. */
function closestBranch(branches: z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const reach = (issues: z.core.$ZodIssue[]) => Math.max(0, ...issues.map(({ path }) => path.length))
  const [best] = branches.toSorted((one, other) => reach(other) - reach(one) || one.length - other.length)
  return best && reach(best) > 0 ? best : undefined
}

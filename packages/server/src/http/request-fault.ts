import type { RequestFault } from '@fairlead/core/base'
import type * as z from 'zod'
import { faultSentence } from './fault-sentence.ts'
import { toPointer } from './json-body.ts'
import { problem } from './problem.ts'

const maxFaults = 50

/** What the contract says about one part of a request, applied: the parsed value, or the faults found in it. */
export function checkPart<Schema extends z.ZodType>(
  part: NonNullable<RequestFault['in']>,
  schema: Schema | undefined,
  value: unknown,
): { ok: true; value: unknown } | { ok: false; faults: RequestFault[] } {
  if (!schema) return { ok: true, value: undefined }
  const parsed = schema.safeParse(value)
  if (parsed.success) return { ok: true, value: parsed.data }
  return { ok: false, faults: parsed.error.issues.flatMap((issue) => toFaults(part, issue)) }
}

/** The 400 that names every fault found, or the first fifty. */
export function invalidRequest(faults: readonly RequestFault[]) {
  const [first] = faults
  const more = faults.length > 1 ? `, and ${faults.length - 1} more` : ''
  const place = first ? `${first.in ?? 'body'}${first.pointer}` : 'the request'
  return problem(
    'http.invalid_request',
    `The request does not fit: ${place} ${first?.message ?? 'is invalid'}${more}.`,
    {
      data: { errors: faults.slice(0, maxFaults) },
    },
  )
}

function toFaults(
  part: RequestFault['in'],
  issue: z.core.$ZodIssue,
  above: readonly PropertyKey[] = [],
): RequestFault[] {
  const path = [...above, ...issue.path]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        in: part,
        pointer: toPointer([...path, key]),
        code: 'unknown_field',
        message: `is unknown: there is no field "${key}"`,
      }))
    case 'invalid_union': {
      const closest = closestBranch(issue.errors)
      if (closest) return closest.flatMap((inner) => toFaults(part, inner, path))
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

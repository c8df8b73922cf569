import { problem } from './problem.ts'

/**
 * The tag of an `If-Match`, without its quotes. Exactly one strong tag says which version was changed; `*` or a list
 * would not. Throws `http.precondition_required` and `http.bad_if_match`.
 */
export function readIfMatch(header: string | undefined): string {
  if (header === undefined) {
    throw problem('http.precondition_required', 'This changes a versioned thing: send its ETag as If-Match.', {
      data: { errors: [{ in: 'header', pointer: '/if-match', message: 'is required' }] },
    })
  }
  const tag = /^\s*"([\x21\x23-\x7e]*)"\s*$/.exec(header)?.[1]
  if (tag !== undefined) return tag
  throw problem(
    'http.bad_if_match',
    `If-Match ${JSON.stringify(header)} is not one strong ETag. Send the ETag as it came.`,
    {
      data: { errors: [{ in: 'header', pointer: '/if-match', message: 'must be one strong ETag, in double quotes' }] },
    },
  )
}

/** As `readIfMatch`, where `If-None-Match: *` is taken too and says that there must be nothing yet: null. */
export function readIfMatchOrNone(ifMatch: string | undefined, ifNoneMatch: string | undefined): string | null {
  if (ifMatch !== undefined) return readIfMatch(ifMatch)
  if (ifNoneMatch?.trim() === '*') return null
  throw problem(
    'http.precondition_required',
    'This changes a versioned thing: send its ETag as If-Match, or If-None-Match: * to make it.',
    { data: { errors: [{ in: 'header', pointer: '/if-match', message: 'is required, or If-None-Match: *' }] } },
  )
}

/** Whether an `If-None-Match` names the tag, by the weak comparison (RFC 9110 §13.1.2). */
export function isNoneMatchMet(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  return header.split(',').some((part) => part.trim().replace(/^W\//, '') === `"${tag}"`)
}

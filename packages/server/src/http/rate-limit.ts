import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Principal } from './handler.ts'
import { problem } from './problem.ts'

/** Requests per minute; 0 switches a limit off. */
export interface RateLimits {
  /** For each key, user and browser token. */
  perPrincipal: number
  /** For each organization, over all its credentials. */
  perOrganization: number
}

export interface RateLimiter {
  /**
   * Counts a request and answers the headers to send (draft-ietf-httpapi-ratelimit-headers). Throws
   * `http.rate_limited` with them and `Retry-After` when a limit is used up.
   */
  consume(principal: Pick<Principal, 'kind' | 'id' | 'organizationId'>): Promise<Record<string, string>>
}

const windowSeconds = 60

/** Counts in this process: with several replicas each grants its own share. */
export function createRateLimiter({ perPrincipal, perOrganization }: RateLimits): RateLimiter {
  const policies = [
    { name: 'credential', points: perPrincipal, keyOf: (by: Counted) => `${by.organizationId}:${by.kind}:${by.id}` },
    { name: 'organization', points: perOrganization, keyOf: (by: Counted) => by.organizationId },
  ].flatMap((policy) => {
    if (policy.points === 0) return []
    return [{ ...policy, limiter: new RateLimiterMemory({ points: policy.points, duration: windowSeconds }) }]
  })
  const policyHeader = policies.map(({ name, points }) => `"${name}";q=${points};w=${windowSeconds}`).join(', ')
  return {
    async consume(principal) {
      if (policies.length === 0) return {}
      const states = await Promise.all(policies.map(({ limiter, keyOf }) => consumeOne(limiter, keyOf(principal))))
      const limits = policies.map(({ name }, index) => {
        const { remainingPoints, msBeforeNext } = states[index]!.result
        return `"${name}";r=${Math.max(0, remainingPoints)};t=${Math.ceil(msBeforeNext / 1000)}`
      })
      const headers = { RateLimit: limits.join(', '), 'RateLimit-Policy': policyHeader }
      const exceeded = policies.findIndex((_, index) => !states[index]!.ok)
      if (exceeded < 0) return headers
      throw rateLimited(policies[exceeded]!, states[exceeded]!.result, headers)
    },
  }
}

type Counted = Pick<Principal, 'kind' | 'id' | 'organizationId'>

async function consumeOne(limiter: RateLimiterMemory, key: string): Promise<{ ok: boolean; result: RateLimiterRes }> {
  try {
    return { ok: true, result: await limiter.consume(key) }
  } catch (result) {
    if (result instanceof RateLimiterRes) return { ok: false, result }
    throw result
  }
}

function rateLimited(
  { name, points }: { name: string; points: number },
  { msBeforeNext }: RateLimiterRes,
  headers: Record<string, string>,
) {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000))
  return problem(
    'http.rate_limited',
    `More than ${points} requests in ${windowSeconds} s for this ${name}. Try again in ${seconds} s.`,
    { data: { limit: points, windowSeconds, scope: name }, headers: { ...headers, 'Retry-After': String(seconds) } },
  )
}

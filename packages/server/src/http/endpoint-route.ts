import type { Endpoint, RequestFault } from '@fairlead/core/base'
import type { EndpointContract } from '@fairlead/core/contract'
import type { Request, Response } from 'express'
import * as z from 'zod'
import type { Answer, EncodedAnswer } from './answer.ts'
import { checkAnswer, encodeAnswer, encodeProblem, requestIdOf, writeAnswer } from './answer.ts'
import { watchCredential } from './credential-watch.ts'
import { createPageCursor } from './cursor.ts'
import type { Drain } from './drain.ts'
import { isKept, isWithoutEffect } from './effect.ts'
import { readIfMatch, readIfMatchOrNone } from './entity-tag.ts'
import type { Principal, StreamResult, UserIdentity } from './handler.ts'
import type { Idempotency, IdempotencyClaim } from './idempotency.ts'
import type { HttpMetrics } from './metrics.ts'
import { problem } from './problem.ts'
import type { RateLimiter } from './rate-limit.ts'
import type { BodyLimits } from './read-body.ts'
import { readJsonBody, refuseAnnouncedLength } from './read-body.ts'
import { checkPart, invalidRequest } from './request-fault.ts'
import { unknownId } from './unknown-id.ts'

/** Turns the `Authorization` header into who is asking. Both throw `auth.…` problems. */
export interface Authenticator {
  principal(authorization: string | undefined): Promise<Principal>
  identity(authorization: string | undefined): Promise<UserIdentity>
}

export interface RouteParts {
  authenticator: Authenticator
  rateLimiter: RateLimiter
  idempotency: Idempotency
  cursorSecret: Uint8Array
  bodyLimits: BodyLimits
  drain: Drain
  metrics: HttpMetrics
  /** Whether answers are held against the contract: in tests and development. */
  checkAnswers: boolean
}

/** One endpoint with its contract and handler, the types of which have been joined by `Handlers` already. */
export interface BoundEndpoint {
  name: string
  endpoint: Endpoint
  contract: EndpointContract
  handle: (context: object) => Promise<Answer | StreamResult>
}

const noQuery = z.strictObject({})

/** Everything that happens to a request of one endpoint, in order, from its credential to its answer. */
export async function serveEndpoint(
  bound: BoundEndpoint,
  parts: RouteParts,
  request: Request,
  response: Response,
): Promise<void> {
  const { endpoint } = bound
  refuseAnnouncedLength(request, parts.bodyLimits)
  const principal = await authenticate(endpoint, parts, request)
  response.set(await parts.rateLimiter.consume(counted(principal)))
  const { params, query, body, rawBody } = await readParts(bound, parts, request)
  const organizationId = principal.kind === 'identity' ? null : principal.organizationId
  const isStill = async () => {
    const now = await authenticate(endpoint, parts, request)
    return now.kind === 'identity' || now.organizationId === organizationId
  }
  const signal = signalOf(endpoint, parts.drain, response, isStill)
  const context = {
    principal,
    organizationId,
    params,
    query,
    body,
    ifMatch: readPrecondition(endpoint, request),
    ifNoneMatch: request.headers['if-none-match'],
    cursor: createPageCursor(parts.cursorSecret, cursorScope(bound, request, organizationId), cursorOf(query)),
    requestId: requestIdOf(response),
    signal,
    request,
  }
  const result = () => bound.handle(context)
  if (endpoint.stream) return openStream(bound, parts, response, (await result()) as StreamResult)
  const carryOut = async () => {
    const answered = await beforeExpiry(result, parts.drain)
    const answer = encodeAnswer(endpoint, request.baseUrl, answered as Answer)
    if (parts.checkAnswers) checkAnswer(bound.name, bound.contract, answer)
    return answer
  }
  const key = idempotencyKeyOf(endpoint, request)
  if (key === undefined || principal.kind === 'identity') return writeAnswer(request, response, await carryOut())
  const path = request.originalUrl.slice(request.baseUrl.length)
  const ifMatch = request.get('if-match') ?? request.get('if-none-match')
  const begun = await parts.idempotency.begin({ principal, key, method: request.method, path, ifMatch, body: rawBody })
  if (begun.kind === 'claimed') return carryOutOnce(begun.claim, request, response, carryOut)
  response.set('Idempotency-Replayed', 'true')
  writeAnswer(request, response, begun.answer)
}

/**
 * What a handler answers, or `http.draining` once the server can't wait for it any longer: then its client shall try
 * elsewhere, whether the handler heeds its signal or not.
 */
async function beforeExpiry<T>(work: () => Promise<T>, { expired }: Drain): Promise<T> {
  expired.throwIfAborted()
  const { promise: expiry, reject } = Promise.withResolvers<never>()
  const onExpiry = () => reject(expired.reason)
  expired.addEventListener('abort', onExpiry, { once: true })
  try {
    return await Promise.race([work(), expiry])
  } finally {
    expired.removeEventListener('abort', onExpiry)
  }
}

async function openStream(
  { name }: BoundEndpoint,
  { metrics }: RouteParts,
  response: Response,
  { stream }: StreamResult,
) {
  const closed = metrics.streamOpened(name)
  await stream(response).finally(closed)
}

async function authenticate(endpoint: Endpoint, { authenticator }: RouteParts, request: Request) {
  const { authorization } = request.headers
  if (endpoint.identity === 'user') return authenticator.identity(authorization)
  const principal = await authenticator.principal(authorization)
  const { permission } = endpoint
  if (permission === null || principal.permissions.has(permission)) return principal
  throw problem('auth.forbidden', `This needs the permission "${permission}", which the credential does not have.`, {
    data: { permission },
    headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${permission}"` },
  })
}

function counted(principal: Principal | UserIdentity): Pick<Principal, 'kind' | 'id' | 'organizationId'> {
  return principal.kind === 'identity' ? { kind: 'user', id: principal.userId, organizationId: 'none' } : principal
}

async function readParts({ endpoint, contract }: BoundEndpoint, { bodyLimits }: RouteParts, request: Request) {
  const params = checkPart('path', contract.params, request.params)
  const given = request.params as Record<string, string>
  if (!params.ok && isNewName(endpoint, params.faults)) throw invalidRequest(params.faults)
  const impossible = Object.keys(given).find((name) => given[name]?.includes('\0'))
  if (impossible !== undefined) throw unknownId(endpoint.path, given, impossible)
  if (!params.ok) throw unknownId(endpoint.path, given, params.faults[0]?.pointer.slice(1) ?? '')
  const query = checkPart('query', contract.query ?? noQuery, request.query)
  const rawBody = contract.body ? await readJsonBody(request, bodyLimits) : undefined
  const body = checkPart('body', contract.body, rawBody)
  const faults: RequestFault[] = [...(query.ok ? [] : query.faults), ...(body.ok ? [] : body.faults)]
  if (!query.ok || !body.ok) throw invalidRequest(faults)
  return { params: params.value, query: query.value, body: body.value, rawBody }
}

/** Whether all that is wrong is the name that a client gives to what it begins: there is a rule for it to be told. */
function isNewName({ ifMatch, path }: Endpoint, faults: readonly RequestFault[]): boolean {
  return ifMatch === 'or-none' && faults.every(({ pointer }) => path.endsWith(`/:${pointer.slice(1)}`))
}

function readPrecondition({ ifMatch }: Endpoint, { headers }: Request): string | null | undefined {
  if (ifMatch === 'or-none') return readIfMatchOrNone(headers['if-match'], headers['if-none-match'])
  return ifMatch ? readIfMatch(headers['if-match']) : undefined
}

/** A stream ends with the credential that opened it: it may be open for days. */
function signalOf(
  { stream }: Endpoint,
  drain: Drain,
  response: Response,
  isStill: () => Promise<boolean>,
): AbortSignal {
  const gone = new AbortController()
  // It may have gone while its request was read.
  if (response.destroyed) gone.abort()
  response.once('close', () => gone.abort())
  if (!stream || response.destroyed) return AbortSignal.any([gone.signal, drain.expired])
  const { lost, stop } = watchCredential(isStill)
  response.once('close', stop)
  return AbortSignal.any([gone.signal, drain.begun, lost])
}

function cursorOf(query: unknown): string | undefined {
  return (query as { cursor?: string } | undefined)?.cursor
}

/** A cursor belongs to one list of one organization under the same filters; the page size may change. */
function cursorScope({ name }: BoundEndpoint, { path, query }: Request, organizationId: string | null): string {
  const filters = Object.entries(query)
    .filter(([key]) => key !== 'cursor' && key !== 'limit')
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify([organizationId, name, path, filters])
}

function idempotencyKeyOf({ method }: Endpoint, request: Request): string | undefined {
  const key = method === 'POST' ? request.get('Idempotency-Key') : undefined
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw problem('http.bad_idempotency_key', 'An Idempotency-Key has 1 to 255 visible ASCII characters. Send a UUID.', {
    data: {
      errors: [{ in: 'header', pointer: '/idempotency-key', message: 'must be 1 to 255 visible ASCII characters' }],
    },
  })
}

async function carryOutOnce(
  claim: IdempotencyClaim,
  request: Request,
  response: Response,
  carryOut: () => Promise<EncodedAnswer>,
): Promise<void> {
  let answer: EncodedAnswer
  try {
    answer = await carryOut()
  } catch (error) {
    if (isKept(error)) await claim.complete(encodeProblem(error, request, response))
    // A claim that can't be given back ends by itself, and the first error says more.
    else if (isWithoutEffect(error)) await claim.abandon().catch(() => {})
    else claim.lapse()
    throw error
  }
  await claim.complete(answer)
  writeAnswer(request, response, answer)
}

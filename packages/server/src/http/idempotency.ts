import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { canonicalJson, FairleadError } from '@fairlead/core/base'
import type { Database } from '../database/index.ts'
import type { EncodedAnswer } from './answer.ts'
import { deriveKey } from './derive-key.ts'
import type { Principal } from './handler.ts'
import * as store from './idempotency-store.ts'
import { problem } from './problem.ts'

export interface IdempotentRequest {
  principal: Pick<Principal, 'kind' | 'id' | 'organizationId'>
  /** The `Idempotency-Key` as the client sent it. */
  key: string
  method: string
  path: string
  /** What the request depended on: on another version it is another request. */
  ifMatch: string | undefined
  body: unknown
}

/** The right to carry a request out. It must be ended by one of these. */
export interface IdempotencyClaim {
  /**
   * Keeps the answer for whoever repeats the request. Never rejects: where it can't be stored at once, the claim is held
   * and storing it is tried again in the background.
   */
  complete(answer: EncodedAnswer): Promise<void>
  /** Nothing happened that is worth keeping: the request may be tried again at once. */
  abandon(): Promise<void>
  /** It is unclear what will happen: the request may be tried again once the claim has run out. */
  lapse(): void
}

export type IdempotencyOutcome =
  | { kind: 'claimed'; claim: IdempotencyClaim }
  | { kind: 'replayed'; answer: EncodedAnswer }

export interface Idempotency {
  /**
   * Claims the key, or gives the answer that its first request got. Throws `http.idempotency_mismatch` when the key came
   * with another request before, `http.idempotency_in_progress` while the first is still being carried out.
   */
  begin(request: IdempotentRequest): Promise<IdempotencyOutcome>
}

const keepSeconds = 24 * 3600
/** A claim that is not renewed for so long belongs to a process that is gone. */
const claimSeconds = 30
/** How long storing an answer is tried, and how long to wait between two attempts. */
const patienceMs = 10 * 60_000
const firstPauseMs = 100
const lastPauseMs = 5_000

/**
 * Idempotency keys (draft-ietf-httpapi-idempotency-key-header). A claim is renewed for as long as its process works on
 * it and until its answer is stored, so the key of a crashed one becomes free within half a minute; the request is then
 * carried out again, which may repeat an effect that the crashed process had committed already. So it is when the database
 * could not be reached for longer than a claim lasts.
 *
 * Answers may hold secrets that are shown once, so they are stored encrypted. The key to them is derived from the
 * server's secret and from the client's idempotency key, of which only a hash is stored: a copy of the database reveals
 * none, even where the server's secret is in it.
 */
export function createIdempotency(database: Database, secret: Uint8Array): Idempotency {
  return {
    async begin(request) {
      const { organizationId } = request.principal
      const row = rowOf(request)
      const claimed = await database.withOrganization(organizationId, (db) =>
        store.claimKey(db, { ...row, claimSeconds }),
      )
      if (claimed.kind === 'claimed') return { kind: 'claimed', claim: claimOf(request, claimed.claimedAt) }
      if (!claimed.row) throw inProgress()
      if (!claimed.row.request_hash.equals(row.request_hash)) throw mismatch()
      if (claimed.row.state === 'running') throw inProgress()
      return { kind: 'replayed', answer: open(answerKey(request), claimed.row) }
    },
  }

  function claimOf(request: IdempotentRequest, claimedAt: string): IdempotencyClaim {
    const { organizationId } = request.principal
    const { principal, key } = rowOf(request)
    const mine = { organization_id: organizationId, principal, key, claimedAt }
    const renewal = setInterval(
      () => {
        database
          .withOrganization(organizationId, (db) => store.renewClaim(db, { ...mine, claimSeconds }))
          .catch(() => {})
      },
      (claimSeconds * 1000) / 3,
    ).unref()
    return {
      async complete(answer) {
        const sealed = { ...mine, ...seal(answerKey(request), answer), keepSeconds }
        const attempt = () => database.withOrganization(organizationId, (db) => store.storeAnswer(db, sealed))
        // Renewed until then: what the answer tells of has happened, and must not be repeated meanwhile.
        const end = () => clearInterval(renewal)
        await attempt().then(end, (error: unknown) => void tryAgain(attempt, error).finally(end))
      },
      lapse: () => clearInterval(renewal),
      async abandon() {
        clearInterval(renewal)
        await database.withOrganization(organizationId, (db) => store.releaseClaim(db, mine))
      },
    }
  }

  function answerKey({ principal, key }: IdempotentRequest): Buffer {
    return deriveKey(
      secret,
      'idempotent-answer',
      [principal.organizationId, principal.kind, principal.id, key].join('\0'),
    )
  }
}

/** Until it succeeds, the database is closed, or nobody will ask for the answer any more; never rejects. */
async function tryAgain(attempt: () => Promise<void>, failure: unknown): Promise<void> {
  const end = performance.now() + patienceMs
  let error = failure
  for (let pauseMs = firstPauseMs; !isClosed(error) && performance.now() < end; ) {
    await delay(pauseMs, undefined, { ref: false })
    pauseMs = Math.min(2 * pauseMs, lastPauseMs)
    try {
      return await attempt()
    } catch (next) {
      error = next
    }
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof FairleadError && error.code === 'database.closed'
}

function rowOf({ principal, key, method, path, ifMatch, body }: IdempotentRequest) {
  return {
    organization_id: principal.organizationId,
    principal: `${principal.kind}:${principal.id}`,
    key: createHash('sha256').update(key).digest('hex'),
    method,
    path,
    request_hash: createHash('sha256')
      .update([method, path, ifMatch ?? '', bodyText(body)].join('\0'))
      .digest(),
  }
}

/** Canonical, so that a repetition may order its members otherwise; what has no canonical form is taken as it is. */
function bodyText(body: unknown): string {
  if (body === undefined) return ''
  try {
    return canonicalJson(body)
  } catch {
    return JSON.stringify(body)
  }
}

const algorithm = 'aes-256-gcm'
const ivBytes = 12
const tagBytes = 16

function seal(key: Buffer, { status, headers, body }: EncodedAnswer) {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv(algorithm, key, iv)
  const sealed = Buffer.concat([cipher.update(body, 'utf8'), cipher.final()])
  return { status, headers, body: Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64') }
}

function open(key: Buffer, row: store.IdempotencyRow): EncodedAnswer {
  const bytes = Buffer.from(row.response_body ?? '', 'base64')
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes))
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
  const body = decipher.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8')
  return { status: row.response_status!, headers: row.response_headers as Record<string, string>, body }
}

function mismatch() {
  return problem(
    'http.idempotency_mismatch',
    'This Idempotency-Key came with another request before. Use a new key for each new request.',
  )
}

function inProgress() {
  return problem(
    'http.idempotency_in_progress',
    'The first request with this Idempotency-Key is still being carried out. Ask again in a moment.',
    { headers: { 'Retry-After': '1' } },
  )
}

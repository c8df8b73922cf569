import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { ScopedDb, Tables } from '../database/index.ts'

export type IdempotencyRow = Selectable<Tables['idempotency_keys']>

type Key = Pick<IdempotencyRow, 'organization_id' | 'principal' | 'key'>
/** A claim is told from a later one of the same key by its time. */
type Claim = Key & { claimedAt: string }

const inSeconds = (seconds: number) => sql<Date>`now() + make_interval(secs => ${seconds})`

/** Claims the key when it is new or its row has expired; otherwise gives the row that has it. */
export async function claimKey(
  db: ScopedDb,
  { claimSeconds, ...row }: Key & Pick<IdempotencyRow, 'method' | 'path' | 'request_hash'> & { claimSeconds: number },
): Promise<{ kind: 'claimed'; claimedAt: string } | { kind: 'taken'; row: IdempotencyRow | undefined }> {
  const fresh = {
    ...row,
    state: 'running' as const,
    response_status: null,
    response_headers: null,
    response_body: null,
    created_at: sql<Date>`now()`,
    expires_at: inSeconds(claimSeconds),
  }
  const claimed = await db
    .insertInto('idempotency_keys')
    .values(fresh)
    .onConflict((conflict) =>
      conflict
        .columns(['organization_id', 'principal', 'key'])
        .doUpdateSet(fresh)
        .where('idempotency_keys.expires_at', '<', sql<Date>`now()`),
    )
    .returning(sql<string>`created_at::text`.as('claimedAt'))
    .executeTakeFirst()
  if (claimed) return { kind: 'claimed', claimedAt: claimed.claimedAt }
  // Given back between the two statements: gone.
  const taken = await db.selectFrom('idempotency_keys').selectAll().where(isKey(row)).executeTakeFirst()
  return { kind: 'taken', row: taken }
}

export async function renewClaim(
  db: ScopedDb,
  { claimSeconds, ...claim }: Claim & { claimSeconds: number },
): Promise<void> {
  await db
    .updateTable('idempotency_keys')
    .set({ expires_at: inSeconds(claimSeconds) })
    .where(isClaim(claim))
    .execute()
}

export async function storeAnswer(
  db: ScopedDb,
  answer: Claim & { status: number; headers: Record<string, string>; body: string; keepSeconds: number },
): Promise<void> {
  await db
    .updateTable('idempotency_keys')
    .set({
      state: 'done',
      response_status: answer.status,
      response_headers: JSON.stringify(answer.headers),
      response_body: answer.body,
      expires_at: inSeconds(answer.keepSeconds),
    })
    .where(isClaim(answer))
    .execute()
}

export async function releaseClaim(db: ScopedDb, claim: Claim): Promise<void> {
  await db.deleteFrom('idempotency_keys').where(isClaim(claim)).execute()
}

function isKey({ organization_id, principal, key }: Key) {
  return sql<boolean>`organization_id = ${organization_id} and principal = ${principal} and key = ${key}`
}

function isClaim({ claimedAt, ...key }: Claim) {
  return sql<boolean>`${isKey(key)} and state = 'running' and created_at = ${claimedAt}::timestamptz`
}

import type { ScopedDb } from '../database/index.ts'

/** Puts something into the outbox in the caller's transaction; experiments, analytics, webhooks and billing read it there. */
export async function enqueueOutbox(
  db: ScopedDb,
  organizationId: string,
  { topic, key, payload }: { topic: string; key: string; payload: object },
): Promise<void> {
  await db
    .insertInto('outbox')
    .values({ organization_id: organizationId, topic, key, payload: JSON.stringify(payload) })
    .execute()
}

import type { ScopedDb } from '../database/index.ts'
import type { Principal } from '../http/index.ts'

/** What is remembered about a change to who may do what. Holds no secrets. */
export interface AuditEntry {
  id: string
  actor: Pick<Principal, 'kind' | 'id'>
  action: string
  subject: { kind: 'organization' | 'member' | 'invitation' | 'key' | 'protection_rule'; id: string }
  data?: Record<string, unknown>
}

/** Writes the entry in the transaction of the change that it is about: there is never one without the other. */
export async function recordAudit(db: ScopedDb, organizationId: string, entry: AuditEntry): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({
      organization_id: organizationId,
      id: entry.id,
      actor_kind: entry.actor.kind,
      actor_id: entry.actor.id,
      action: entry.action,
      subject_kind: entry.subject.kind,
      subject_id: entry.subject.id,
      data: JSON.stringify(entry.data ?? {}),
    })
    .execute()
}

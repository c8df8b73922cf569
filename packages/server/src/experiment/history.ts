import type { ScopedDb } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import { insertHistory } from './test-store.ts'

/** What may stand in a test's history. */
export type Action =
  | 'created'
  | 'changed'
  | 'start_failed'
  | 'started'
  | 'paused'
  | 'resumed'
  | 'completed'
  | 'look'
  | 'reweighted'
  | 'promoting'
  | 'promoted'
  | 'promotion_refused'
  | 'guarded'
  | 'rolled_back'

/** Who did it, and what they may do; the control plane itself, which nothing is denied, where a schedule or a rule did. */
export type By = Pick<Principal, 'kind' | 'id'> & Partial<Pick<Principal, 'permissions'>>

export const controlPlane: By = { kind: 'system', id: 'experiment' }

/** Appends to a test's history, in the transaction of what it tells. */
export function record(
  db: ScopedDb,
  { organization_id, id }: { organization_id: string; id: string },
  by: By,
  action: Action,
  data: object,
): Promise<void> {
  return insertHistory(db, { organization_id, test_id: id, action, actor_kind: by.kind, actor_id: by.id, data })
}

import type { RunLease, Snapshot, SnapshotWrite } from '@fairlead/core/workflow'
import type { ScopedDb } from '../database/index.ts'
import { holds, leaseLost } from './record.ts'

/** The checkpoints of a run with their pending writes. */
export async function loadSnapshots(
  db: ScopedDb,
  runId: string,
): Promise<{ snapshots: Snapshot[]; writes: SnapshotWrite[] }> {
  const snapshots = await db.selectFrom('run_snapshots').selectAll().where('run_id', '=', runId).execute()
  const writes = await db.selectFrom('run_snapshot_writes').selectAll().where('run_id', '=', runId).execute()
  return {
    snapshots: snapshots.map((row) => ({
      namespace: row.checkpoint_ns,
      checkpointId: row.checkpoint_id,
      parentCheckpointId: row.parent_checkpoint_id,
      checkpointType: row.checkpoint_type,
      checkpoint: row.checkpoint,
      metadataType: row.metadata_type,
      metadata: row.metadata,
    })),
    writes: writes.map((row) => ({
      namespace: row.checkpoint_ns,
      checkpointId: row.checkpoint_id,
      taskId: row.task_id,
      index: row.idx,
      taskPath: row.task_path,
      channel: row.channel,
      valueType: row.value_type,
      value: row.value ?? new Uint8Array(),
    })),
  }
}

/** Replaces the stored checkpoints of a run: the newest of each namespace is all that a resume needs. */
export async function saveSnapshots(
  db: ScopedDb,
  lease: RunLease,
  { snapshots, writes }: { snapshots: Snapshot[]; writes: SnapshotWrite[] },
): Promise<void> {
  const held = await db.selectFrom('workflow_runs').select('id').where(holds(lease)).forUpdate().executeTakeFirst()
  if (!held) throw leaseLost(lease)
  await deleteSnapshots(db, lease.runId)
  const place = { organization_id: lease.organizationId, run_id: lease.runId }
  for (const snapshot of snapshots) {
    await db
      .insertInto('run_snapshots')
      .values({
        ...place,
        checkpoint_ns: snapshot.namespace,
        checkpoint_id: snapshot.checkpointId,
        parent_checkpoint_id: snapshot.parentCheckpointId,
        checkpoint_type: snapshot.checkpointType,
        checkpoint: Buffer.from(snapshot.checkpoint),
        metadata_type: snapshot.metadataType,
        metadata: Buffer.from(snapshot.metadata),
      })
      .execute()
  }
  for (const write of writes) {
    await db
      .insertInto('run_snapshot_writes')
      .values({
        ...place,
        checkpoint_ns: write.namespace,
        checkpoint_id: write.checkpointId,
        task_id: write.taskId,
        idx: write.index,
        task_path: write.taskPath,
        channel: write.channel,
        value_type: write.valueType,
        value: Buffer.from(write.value),
      })
      .execute()
  }
}

export async function deleteSnapshots(db: ScopedDb, runId: string): Promise<void> {
  await db.deleteFrom('run_snapshots').where('run_id', '=', runId).execute()
  await db.deleteFrom('run_snapshot_writes').where('run_id', '=', runId).execute()
}

import { MemorySaver } from '@langchain/langgraph'
import type { RunLease, RunTransport, Snapshot, SnapshotWrite } from '../workflow/index.ts'

const jsonType = 'json'

/**
 * Keeps LangGraph's checkpoints of the runs that this worker holds in memory and sends them over the run's transport
 * when the run lets go: there they carry the tenant and the fencing token like every other write. Losing one loses
 * nothing, since the journal is the truth; it only makes the next replay longer.
 */
export class TransportSaver extends MemorySaver {
  readonly #transport: Pick<RunTransport, 'loadSnapshots' | 'saveSnapshot'>

  constructor(transport: Pick<RunTransport, 'loadSnapshots' | 'saveSnapshot'>) {
    super()
    this.#transport = transport
  }

  /** Brings a run's stored checkpoints here. False when there are none. */
  async open(lease: RunLease): Promise<boolean> {
    const { snapshots, writes } = await this.#transport.loadSnapshots(lease)
    const namespaces: (typeof this.storage)[string] = {}
    for (const snapshot of snapshots) {
      const { namespace, checkpointId, checkpoint, metadata, parentCheckpointId } = snapshot
      namespaces[namespace] ??= {}
      namespaces[namespace][checkpointId] = [checkpoint, metadata, parentCheckpointId ?? undefined]
    }
    this.storage[lease.runId] = namespaces
    for (const write of writes) {
      const { taskId, index, channel, value, taskPath } = write
      const key = writesKey(lease.runId, write.namespace, write.checkpointId)
      this.writes[key] ??= {}
      this.writes[key][`${taskId},${index}`] = [
        taskId,
        channel,
        value,
        ...(taskPath === null ? [] : [taskPath]),
      ] as never
    }
    return snapshots.length > 0
  }

  /** Sends the newest checkpoint of each namespace with its pending writes: what a resume needs. */
  async flush(lease: RunLease): Promise<void> {
    const snapshots: Snapshot[] = []
    const writes: SnapshotWrite[] = []
    for (const [namespace, checkpoints] of Object.entries(this.storage[lease.runId] ?? {})) {
      // Checkpoint ids are time-ordered, so the greatest is the newest.
      const checkpointId = Object.keys(checkpoints).sort().at(-1)
      if (checkpointId === undefined) continue
      const [checkpoint, metadata, parent] = checkpoints[checkpointId]!
      const types = { checkpointType: jsonType, metadataType: jsonType }
      snapshots.push({ namespace, checkpointId, parentCheckpointId: parent ?? null, checkpoint, metadata, ...types })
      writes.push(...this.#writesOf(lease.runId, namespace, checkpointId))
    }
    if (snapshots.length > 0) await this.#transport.saveSnapshot(lease, { snapshots, writes })
  }

  /** Forgets a run that this worker no longer holds. */
  async close(lease: RunLease): Promise<void> {
    await this.deleteThread(lease.runId)
  }

  #writesOf(runId: string, namespace: string, checkpointId: string): SnapshotWrite[] {
    const stored = Object.entries(this.writes[writesKey(runId, namespace, checkpointId)] ?? {})
    return stored.map(([place, [taskId, channel, value, taskPath]]) => ({
      namespace,
      checkpointId,
      taskId,
      index: Number(place.slice(place.lastIndexOf(',') + 1)),
      taskPath: taskPath ?? null,
      channel,
      valueType: jsonType,
      value,
    }))
  }
}

/** How MemorySaver keys its writes. */
function writesKey(runId: string, namespace: string, checkpointId: string): string {
  return JSON.stringify([runId, namespace, checkpointId])
}

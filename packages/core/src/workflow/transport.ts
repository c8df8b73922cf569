import type { Catalog, Workflow } from './document-schema.ts'
import type { InterruptRequest, JournalEntry, PromptPin, RunError, RunEventBody } from './run-schema.ts'

/**
 * The only way a worker reaches the control plane. Two implementations (in process, HTTP) answer alike.
 *
 * A worker holds a run by a lease. `attempt` is the fencing token: it grows with every claim, and every write names it.
 * A write under a token that is no longer the run's is refused with `run.lease_lost`, whatever the worker believes; the
 * worker then drops the run without another write. Lease times are the database's, never the worker's.
 */
export interface RunTransport {
  /** Makes the worker's tools and models known, for validation and the editor. */
  register(registration: WorkerRegistration): Promise<void>
  /** Takes up to `limit` due runs, fair between organizations. An empty list means there is nothing to do now. */
  claim(request: { workerId: string; limit: number }): Promise<ClaimedRun[]>
  /** Resolves when runs may have become due, or when the signal aborts. */
  waitForWork(signal: AbortSignal): Promise<void>
  /** Extends the leases; answers which of them are gone and which runs shall be cancelled. */
  heartbeat(request: { workerId: string; leases: RunLease[] }): Promise<{ lost: string[]; cancelled: string[] }>
  /** Calls back with the id of a run of this worker that shall be cancelled; the returned function ends that. */
  onCancelled(listener: (runId: string) => void): () => void
  /**
   * Makes entries, questions and events durable in one transaction with the lease check, in the order given, and
   * announces them. When it fails, it may or may not have happened: the worker drops the run, and whoever takes it up
   * next finds what was stored. A `node.failed` of a container cancels the open questions inside it, those of the same
   * batch included, in that transaction: an answer comes before it, or is refused. Throws `run.unrecordable` for what can
   * never be stored: the run is to fail then.
   */
  record(lease: RunLease, batch: RunBatch): Promise<void>
  /** Ends this claim. A run that was to wait, but has been answered meanwhile, becomes due again instead. */
  finish(lease: RunLease, outcome: RunOutcome, batch: RunBatch): Promise<void>
  /** LangGraph checkpoints of this run, newest first. */
  loadSnapshots(lease: RunLease): Promise<{ snapshots: Snapshot[]; writes: SnapshotWrite[] }>
  /** Stores checkpoints and pending writes; writes may come before the checkpoint they name. */
  saveSnapshot(lease: RunLease, saved: { snapshots: Snapshot[]; writes: SnapshotWrite[] }): Promise<void>
}

export interface RunLease {
  organizationId: string
  runId: string
  /** The fencing token. */
  attempt: number
  workerId: string
}

export interface ClaimedRun {
  lease: RunLease
  workflowId: string
  workflowVersion: number
  workflow: Workflow
  input: Record<string, unknown>
  /** By node id; `prompts` holds what they stand for, by `pinKey`. */
  pins: Record<string, PromptPin>
  prompts: Record<string, PromptVersionContent>
  unit: string | null
  attributes: Record<string, unknown> | null
  /** Cancellation was asked for before this claim: the run is to end without another step. */
  cancelRequested: boolean
  /** What earlier claims recorded; empty on a first claim. */
  journal: JournalEntry[]
  /** Events that earlier claims recorded, so that none is emitted twice; empty on a first claim. */
  emitted: EmittedEvent[]
  /** True when an earlier claim stored a snapshot. */
  hasSnapshot: boolean
}

/** Enough of a stored event to recognise it: `attempt` for executions, `pass` or `done` for progress. */
export interface EmittedEvent {
  type: RunEventBody['type']
  address: string | null
  attempt: number | null
  pass: number | null
}

export interface RunBatch {
  entries: JournalEntry[]
  /** Questions that came up; they can be answered from then on. One that is known already is left as it is. */
  questions: PendingInterrupt[]
  events: TimedEvent[]
}

/** An event with the time at which it happened, RFC 3339 UTC. */
export type TimedEvent = RunEventBody & { at: string }

export type RunOutcome =
  | { status: 'completed'; output: Record<string, unknown> }
  | { status: 'failed'; error: RunError }
  | { status: 'cancelled'; by: string }
  | { status: 'waiting'; interrupts: PendingInterrupt[] }
  /** Gives the run back to be taken up at once, by this worker or another: a drain. */
  | { status: 'released' }

export interface PendingInterrupt {
  address: string
  nodeId: string
  request: InterruptRequest
  dueInSeconds?: number | undefined
  onDue?: { choice: string } | 'fail' | undefined
}

export interface Snapshot {
  namespace: string
  checkpointId: string
  parentCheckpointId: string | null
  checkpointType: string
  checkpoint: Uint8Array
  metadataType: string
  metadata: Uint8Array
}

export interface SnapshotWrite {
  namespace: string
  checkpointId: string
  taskId: string
  index: number
  /** Where in the graph the task lies: LangGraph orders writes by it. */
  taskPath: string | null
  channel: string
  valueType: string
  value: Uint8Array
}

export interface WorkerRegistration {
  workerId: string
  kind: 'server' | 'application' | 'tenant'
  catalog: Pick<Catalog, 'models' | 'tools'>
}

/** What a prompt version says: a text or messages, with the model and parameters it was written for. */
export interface PromptVersionContent {
  promptId: string
  key: string
  versionId: string | null
  versionNumber: number | null
  messages: { role: 'system' | 'user' | 'assistant'; content: string }[]
  variables: Record<string, unknown>
  model?: { id: string; parameters?: Record<string, unknown> | undefined } | undefined
  outputSchema?: unknown
}

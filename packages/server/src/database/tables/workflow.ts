import type {
  Bytes,
  Generated,
  Json,
  JsonWithDefault,
  OptionalBytes,
  OptionalJson,
  OptionalTime,
  Time,
  TimeDefaultingToNow,
} from './column.ts'

/** Workflows, their immutable versions, and everything that a run leaves behind. */
export interface WorkflowTables {
  workflows: {
    organization_id: string
    id: string
    name: string
    description: string | null
    latest_version: number
    created_by: string | null
    created_at: TimeDefaultingToNow
    updated_at: TimeDefaultingToNow
    archived_at: OptionalTime
  }
  workflow_versions: {
    organization_id: string
    workflow_id: string
    version: number
    definition: Json
    content_hash: Bytes
    message: string | null
    created_by: string | null
    created_at: TimeDefaultingToNow
  }
  workflow_runs: {
    organization_id: string
    id: string
    workflow_id: string
    workflow_version: number
    status: Generated<'queued' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled'>
    input: Json
    output: OptionalJson
    error: OptionalJson
    pins: JsonWithDefault
    unit: string | null
    attributes: OptionalJson
    forked_from_run_id: string | null
    lease_owner: string | null
    lease_expires_at: OptionalTime
    /** The fencing token: one more with every claim. */
    attempt: Generated<number>
    /** Claims in a row that ended without a word and without a recorded step: their workers died. */
    takeovers: Generated<number>
    /** When a queued or running run is due to be claimed. */
    available_at: TimeDefaultingToNow
    cancel_requested_at: OptionalTime
    cancel_requested_by: string | null
    /** The number of the run's last event. */
    event_seq: Generated<number>
    step_count: Generated<number>
    input_tokens: Generated<number>
    cached_tokens: Generated<number>
    cache_write_tokens: Generated<number>
    output_tokens: Generated<number>
    reasoning_tokens: Generated<number>
    cost_nano_usd: Generated<number>
    created_by_kind: string
    created_by_id: string | null
    created_at: TimeDefaultingToNow
    started_at: OptionalTime
    finished_at: OptionalTime
    updated_at: TimeDefaultingToNow
  }
  run_journal: {
    organization_id: string
    run_id: string
    address: string
    node_id: string
    status: 'completed' | 'failed'
    output: OptionalJson
    error: OptionalJson
    usage: OptionalJson
    attempts: number
    started_at: Time
    finished_at: Time
    /** The run's fencing token at the time. */
    recorded_by_attempt: number
  }
  run_events: {
    organization_id: string
    run_id: string
    seq: number
    type: string
    address: string | null
    payload: Json
    at: TimeDefaultingToNow
  }
  run_interrupts: {
    organization_id: string
    run_id: string
    address: string
    node_id: string
    status: Generated<'pending' | 'answered' | 'expired' | 'cancelled'>
    request: Json
    answer: OptionalJson
    /** Who answered or closed it: kind, id and name. */
    answered_by: OptionalJson
    answered_at: OptionalTime
    due_at: OptionalTime
    /** What happens when `due_at` passes; null waits on. */
    on_due: OptionalJson
    created_at: TimeDefaultingToNow
  }
  run_snapshots: {
    organization_id: string
    run_id: string
    checkpoint_ns: string
    checkpoint_id: string
    parent_checkpoint_id: string | null
    checkpoint_type: string
    checkpoint: Bytes
    metadata_type: string
    metadata: Bytes
    created_at: TimeDefaultingToNow
  }
  run_snapshot_writes: {
    organization_id: string
    run_id: string
    checkpoint_ns: string
    checkpoint_id: string
    task_id: string
    idx: number
    task_path: string | null
    channel: string
    value_type: string
    value: OptionalBytes
  }
  workers: {
    organization_id: string
    id: string
    kind: 'server' | 'application' | 'tenant'
    catalog: Json
    started_at: TimeDefaultingToNow
    last_seen_at: TimeDefaultingToNow
  }
}

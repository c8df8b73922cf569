import type {
  ClaimedRun,
  JournalEntry,
  RunBatch,
  RunEventBody,
  RunLease,
  RunOutcome,
  RunTransport,
  Snapshot,
  SnapshotWrite,
  TimedEvent,
  Workflow,
} from '../workflow/index.ts'

/** A control plane of one run, in memory, whose every answer a test may bend. */
export class MemoryTransport implements RunTransport {
  readonly entries: JournalEntry[] = []
  readonly events: TimedEvent[] = []
  readonly outcomes: RunOutcome[] = []
  /** How many batches were recorded. */
  batches = 0
  attempt = 0
  isDue = true
  lost = false
  cancelRequested = false
  beforeRecord: () => Promise<void> = async () => {}
  readonly #workflow: Workflow
  readonly #listeners = new Set<(runId: string) => void>()
  #wake = () => {}
  #saved: { snapshots: Snapshot[]; writes: SnapshotWrite[] } | null = null

  constructor(workflow: Workflow) {
    this.#workflow = workflow
  }

  types(): RunEventBody['type'][] {
    return this.events.map(({ type }) => type)
  }

  makeDue(): void {
    this.isDue = true
    this.#wake()
  }

  cancel(): void {
    this.cancelRequested = true
    for (const listener of this.#listeners) listener('run-1')
  }

  async register(): Promise<void> {}

  async claim({ workerId }: { workerId: string; limit: number }): Promise<ClaimedRun[]> {
    if (!this.isDue) return []
    this.isDue = false
    this.attempt++
    return [
      {
        lease: { organizationId: 'o', runId: 'run-1', attempt: this.attempt, workerId },
        workflowId: 'w',
        workflowVersion: 1,
        workflow: this.#workflow,
        input: {},
        pins: {},
        prompts: {},
        unit: null,
        attributes: null,
        cancelRequested: this.cancelRequested,
        journal: structuredClone(this.entries),
        emitted: this.events.map((event) => ({
          type: event.type,
          address: 'address' in event ? (event.address ?? null) : null,
          attempt: 'attempt' in event ? event.attempt : null,
          pass: event.type === 'node.progress' ? (event.pass ?? null) : null,
        })),
        hasSnapshot: this.#saved !== null,
      },
    ]
  }

  async waitForWork(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.isDue || signal.aborted) resolve()
      this.#wake = resolve
      signal.addEventListener('abort', () => resolve())
    })
  }

  async heartbeat(_held: { workerId: string; leases: RunLease[] }): Promise<{ lost: string[]; cancelled: string[] }> {
    return { lost: this.lost ? ['run-1'] : [], cancelled: this.cancelRequested ? ['run-1'] : [] }
  }

  onCancelled(listener: (runId: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async record(_lease: RunLease, batch: RunBatch): Promise<void> {
    await this.beforeRecord()
    this.batches++
    this.#store(batch)
  }

  async finish(_lease: RunLease, outcome: RunOutcome, batch: RunBatch): Promise<void> {
    this.#store(batch)
    this.outcomes.push(outcome)
  }

  async loadSnapshots() {
    return this.#saved ?? { snapshots: [], writes: [] }
  }

  async saveSnapshot(_lease: RunLease, saved: { snapshots: Snapshot[]; writes: SnapshotWrite[] }): Promise<void> {
    this.#saved = saved
  }

  #store({ entries, events }: RunBatch): void {
    this.entries.push(...entries)
    this.events.push(...events)
  }
}

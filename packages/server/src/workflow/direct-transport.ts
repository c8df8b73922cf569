import { FairleadError } from '@fairlead/core/base'
import type {
  ClaimedRun,
  PromptVersionContent,
  RunBatch,
  RunLease,
  RunOutcome,
  RunTransport,
  TimedEvent,
  WorkerRegistration,
  Workflow,
} from '@fairlead/core/workflow'
import { pinKey } from '@fairlead/core/workflow'
import type { AnalyticsService } from '../analytics/service.ts'
import type { Database, ScopedDb } from '../database/index.ts'
import { committing, isUnstorable, resyncPayload } from '../database/index.ts'
import type { VersionResolver } from '../prompt/ports.ts'
import type { ClaimedRow } from './claim.ts'
import { claimDueRuns, extendLeases, freeRunsOf, undoClaim } from './claim.ts'
import { finishRun } from './finish.ts'
import type { RunSubject } from './record.ts'
import { priceBatch, recordLastBatch } from './record.ts'
import { freshPast, loadPast } from './run-past.ts'
import type { DueSignal, Reservation } from './signals.ts'
import { announceEvents, channels } from './signals.ts'
import { loadSnapshots, saveSnapshots } from './snapshot-store.ts'
import { findVersion } from './workflow-store.ts'

export interface DirectTransportParts {
  database: Database
  resolver: VersionResolver
  analytics: Pick<AnalyticsService, 'priceCalls'>
  /** How long a claim lasts without a heartbeat. */
  leaseMs: number
  /** How long to wait for a signal before looking for due runs anyway. */
  pollMs: number
}

/** How many definitions and composed prompts are remembered; neither ever changes. */
const cacheSize = 500
/** Workers that a run may cost in a row. */
const maxTakeovers = 10

/** The transport of a worker in the same process: the database without a network between. */
export class DirectTransport implements RunTransport, DueSignal {
  readonly #parts: DirectTransportParts
  readonly #definitions = new Map<string, Workflow>()
  readonly #prompts = new Map<string, PromptVersionContent>()
  /** Of the runs that the worker has. */
  readonly #subjects = new Map<string, RunSubject>()
  /** Runs that were announced here and whose own notification has not come back yet. */
  readonly #own = new Set<string>()
  readonly #cancelListeners = new Set<(runId: string) => void>()
  #workerId: string | undefined
  /** False while all that woke the worker is a run that was handed over. */
  #mayBeDue = true
  #lookedAt = 0
  /** How many more runs the worker takes. */
  #room = 0
  /** Places that are reserved and not started yet. */
  #reserved = 0
  /** Runs that are the worker's already and that it has not taken yet. */
  #handed: ClaimedRow[] = []
  #isWaiting = false
  #isRetired = false
  #hasGivenBack = false
  /** Claims that are being undone. */
  readonly #undoing = new Set<Promise<void>>()
  #woken = false
  #wake: () => void = () => {}
  #unlisten: (() => Promise<void>)[] = []

  constructor(parts: DirectTransportParts) {
    this.#parts = parts
  }

  /** Begins to hear of due and cancelled runs. */
  async open(): Promise<void> {
    const { database } = this.#parts
    this.#unlisten = [
      await database.listen(channels.due, (runId) => {
        // Those of its own that were on their way are lost with a resync.
        if (runId === resyncPayload) this.#own.clear()
        // Of its own runs this process has heard already.
        if (!this.#own.delete(runId)) this.#hearOfDue()
      }),
      await database.listen(channels.cancelled, (runId) => {
        if (runId === resyncPayload) return
        for (const listener of this.#cancelListeners) listener(runId)
      }),
    ]
  }

  async close(): Promise<void> {
    await Promise.all(this.#undoing)
    await Promise.all(this.#unlisten.map((unlisten) => unlisten()))
  }

  /** Says that a run has become due, to this process at once and to all others; call it after the commit. */
  queued(runId: string): void {
    if (this.#unlisten.length > 0) this.#own.add(runId)
    this.#hearOfDue()
    this.#parts.database.notify(channels.due, runId)
  }

  reserve(): Reservation | null {
    const workerId = this.#workerId
    const isThere = this.#isWaiting && !this.#isRetired && this.#room > this.#handed.length + this.#reserved
    if (workerId === undefined || !isThere) return null
    this.#reserved++
    return {
      workerId,
      leaseMs: this.#parts.leaseMs,
      start: (row, definition) => {
        this.#reserved--
        if (this.#hasGivenBack) return this.#undoLater(row)
        remember(this.#definitions, definitionKey(row), definition)
        this.#handed.push(row)
        if (this.#isWaiting) this.#mayBeDue = false
        this.#wakeUp()
      },
      release: () => {
        this.#reserved--
      },
    }
  }

  /** No new run is handed to the worker any more; call it before the worker stops. */
  retire(): void {
    this.#isRetired = true
  }

  /**
   * Gives back what was handed over and not taken; call it when the worker has stopped. What is handed over after that,
   * by a request that had reserved its place before, is given back too.
   */
  async giveBack(): Promise<void> {
    this.#hasGivenBack = true
    for (const row of this.#handed.splice(0)) await this.#undo(row)
  }

  async #undo(row: ClaimedRow): Promise<void> {
    await this.#parts.database.withOrganization(row.organization_id, (db) => undoClaim(db, row))
    this.queued(row.id)
  }

  #undoLater(row: ClaimedRow): void {
    // Where it fails, the run becomes due when its lease ends.
    const undone = this.#undo(row).catch(() => {})
    this.#undoing.add(undone)
    void undone.then(() => this.#undoing.delete(undone))
  }

  #hearOfDue(): void {
    this.#mayBeDue = true
    this.#wakeUp()
  }

  #wakeUp(): void {
    this.#woken = true
    this.#wake()
  }

  async register(registration: WorkerRegistration): Promise<void> {
    const { database } = this.#parts
    this.#workerId = registration.workerId
    // The embedded database belongs to one process, so whoever else holds a run there is dead.
    if (database.kind === 'pglite') {
      await database.withSystem((db) => freeRunsOf(db, { exceptWorker: registration.workerId }))
    }
  }

  async claim({ workerId, limit }: { workerId: string; limit: number }): Promise<ClaimedRun[]> {
    this.#room = limit
    const due = await this.#claimDue(workerId, limit - this.#handed.length - this.#reserved)
    const handed = this.#handed.splice(0, limit - due.length)
    const claims: ClaimedRun[] = []
    try {
      for (const row of [...handed, ...due]) {
        if (row.takeovers > maxTakeovers) await this.#giveUp(row, workerId)
        else claims.push(await this.#load(row, workerId))
      }
    } finally {
      this.#room -= claims.length
    }
    return claims
  }

  /** Looks into the database, unless all there is to take was handed over; that puts it off for the poll time at most. */
  async #claimDue(workerId: string, limit: number): Promise<ClaimedRow[]> {
    const { database, leaseMs, pollMs } = this.#parts
    const now = performance.now()
    const isWorthIt = this.#mayBeDue || now - this.#lookedAt >= pollMs
    this.#mayBeDue = true
    if (limit <= 0 || !isWorthIt) return []
    this.#lookedAt = now
    return database.withSystem((db) => committing(() => claimDueRuns(db, { workerId, limit, leaseMs })))
  }

  async waitForWork(signal: AbortSignal): Promise<void> {
    if (this.#woken || signal.aborted) {
      this.#woken = false
      return
    }
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#isWaiting = false
        this.#wake = () => {}
        this.#woken = false
        resolve()
      }
      const timer = setTimeout(done, this.#parts.pollMs)
      signal.addEventListener('abort', done)
      this.#isWaiting = true
      this.#wake = done
    })
  }

  onCancelled(listener: (runId: string) => void): () => void {
    this.#cancelListeners.add(listener)
    return () => this.#cancelListeners.delete(listener)
  }

  async heartbeat({ workerId, leases }: { workerId: string; leases: RunLease[] }) {
    const { database, leaseMs } = this.#parts
    if (leases.length === 0) return { lost: [], cancelled: [] }
    const held = await database.withSystem((db) => committing(() => extendLeases(db, { workerId, leases, leaseMs })))
    const alive = new Set(held.map(({ id }) => id))
    return {
      lost: leases.map(({ runId }) => runId).filter((runId) => !alive.has(runId)),
      cancelled: held.filter(({ cancelled }) => cancelled).map(({ id }) => id),
    }
  }

  async record(lease: RunLease, batch: RunBatch): Promise<void> {
    const priced = await this.#price(lease, batch)
    const { database } = this.#parts
    await database
      .withOrganization(lease.organizationId, (db) => recordLastBatch(db, lease, priced))
      .catch(refuseForGood)
    announceEvents(database, lease.runId)
  }

  async finish(lease: RunLease, outcome: RunOutcome, batch: RunBatch): Promise<void> {
    const priced = await this.#price(lease, batch)
    const { database } = this.#parts
    const next = await database
      .withOrganization(lease.organizationId, (db) => finishRun(db, lease, outcome, priced))
      .catch(refuseForGood)
    if (next === 'queued') this.queued(lease.runId)
    announceEvents(database, lease.runId)
    // Its place is free before the worker says so with its next claim.
    if (this.#subjects.delete(lease.runId)) this.#room++
  }

  async loadSnapshots(lease: RunLease) {
    return this.#parts.database.withOrganization(lease.organizationId, (db) => loadSnapshots(db, lease.runId))
  }

  async saveSnapshot(lease: RunLease, saved: Parameters<RunTransport['saveSnapshot']>[1]): Promise<void> {
    await this.#parts.database.withOrganization(lease.organizationId, (db) => saveSnapshots(db, lease, saved))
  }

  #price(lease: RunLease, batch: RunBatch) {
    const { analytics } = this.#parts
    const price = (calls: Parameters<typeof analytics.priceCalls>[1]) =>
      analytics.priceCalls(lease.organizationId, calls)
    return priceBatch(lease, batch, price, this.#subjects.get(lease.runId) ?? { unit: null, pins: {} })
  }

  /** A run that kills whoever executes it would otherwise go round for ever, and take other runs down with it. */
  async #giveUp({ organization_id: organizationId, id: runId, attempt }: ClaimedRow, workerId: string): Promise<void> {
    const message = `${maxTakeovers} workers in a row were lost without recording a step of this run.`
    const error = { code: 'run.workers_lost', message }
    const lease = { organizationId, runId, attempt, workerId }
    const event: TimedEvent = { type: 'run.failed', error, at: new Date().toISOString() }
    await this.finish(lease, { status: 'failed', error }, { entries: [], questions: [], events: [event] })
  }

  async #load(row: ClaimedRow, workerId: string): Promise<ClaimedRun> {
    const { organization_id: organizationId, id: runId, attempt } = row
    const pins = new Map(Object.values(row.pins).map((pin) => [pinKey(pin), pin]))
    const key = definitionKey(row)
    const known = this.#definitions.get(key)
    const missing = [...pins].flatMap(([name, pin]) => (this.#prompts.has(name) ? [] : [pin]))
    const isFresh = attempt === 1 && known !== undefined && missing.length === 0
    const past = isFresh
      ? freshPast
      : await this.#parts.database.withOrganization(organizationId, async (db) => {
          if (!known) remember(this.#definitions, key, await loadDefinition(db, row))
          for (const [name, content] of await this.#parts.resolver.load(db, missing))
            remember(this.#prompts, name, content)
          return attempt === 1 ? freshPast : loadPast(db, runId)
        })
    this.#subjects.set(runId, { unit: row.unit, pins: row.pins })
    return {
      lease: { organizationId, runId, attempt, workerId },
      workflowId: row.workflow_id,
      workflowVersion: row.workflow_version,
      workflow: this.#definitions.get(key)!,
      input: row.input,
      pins: row.pins,
      prompts: Object.fromEntries(
        [...pins.keys()].flatMap((name) => (this.#prompts.has(name) ? [[name, this.#prompts.get(name)!]] : [])),
      ),
      unit: row.unit,
      attributes: row.attributes,
      cancelRequested: row.cancel_requested,
      ...past,
    }
  }
}

function definitionKey(row: ClaimedRow): string {
  return `${row.organization_id} ${row.workflow_id} ${row.workflow_version}`
}

/** What the database refuses for what it is will be refused again, whoever brings it. */
function refuseForGood(error: unknown): never {
  if (!isUnstorable(error)) throw error
  const reason = error instanceof Error ? error.message : String(error)
  throw new FairleadError('run.unrecordable', `What the run did can't be stored: ${reason}`, { cause: error })
}

async function loadDefinition(db: ScopedDb, row: ClaimedRow): Promise<Workflow> {
  const version = await findVersion(db, row.workflow_id, row.workflow_version)
  return version!.definition as Workflow
}

function remember<Value>(cache: Map<string, Value>, key: string, value: Value): void {
  cache.set(key, value)
  if (cache.size > cacheSize) cache.delete(cache.keys().next().value!)
}

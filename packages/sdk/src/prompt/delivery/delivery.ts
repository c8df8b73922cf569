import { promptEndpoints } from '@fairlead/core/endpoints'
import type { PromptEvent, ResolvedPrompt } from '@fairlead/core/prompt'
import { backgroundSurroundings } from '../../background.ts'
import type { ChangeFollower } from '../../change-follower.ts'
import { changeFollower } from '../../change-follower.ts'
import { tagOf } from '../../connection.ts'
import { FairleadApiError, FairleadTimeoutError } from '../../error.ts'
import type { LocalExperiments } from '../../experiment/index.ts'
import { frozen } from '../../frozen.ts'
import type { Surroundings } from '../../retry.ts'
import { EventStreamParser } from '../../sse.ts'
import type { Transport } from '../../transport.ts'
import { deliver, deliverFallback } from './deliver.ts'
import type { DeliveredPrompt, GetPromptOptions, PromptDeliveryOptions, PromptOrigin } from './options.ts'
import type { Kept } from './persistence.ts'
import { Persistence } from './persistence.ts'
import { promptVariant } from './prompt-test.ts'

const defaultMaxAgeMs = 30_000
const defaultStaleMs = 30_000
/** Prompts of more selections than this are forgotten, those that were not asked for longest first. */
const mostEntries = 1_000
/** How long one who has something else to go by waits for the control plane. */
const patienceMs = 3_000
const refreshTimeoutMs = 10_000
/** How long the control plane is left alone after it has failed, where there is something else to go by. */
const outageMs = 5_000
/** However long it asks for. */
const longestOutageMs = 60_000
/** Spreads over many processes what they all do when a label moves. */
const spreadMs = 100

interface Entry extends Kept {
  readonly cacheKey: string
  readonly name: string
  readonly query: Query
  /** When it was last known to be what the control plane says; before all times when it is known to be out of date. */
  confirmedAt: number
  refreshing: Promise<void> | undefined
  /** Something has moved while it was being refreshed. */
  isOutdated: boolean
}

type Query = Pick<GetPromptOptions, 'label' | 'branch' | 'version'>
type Found = { kept: Kept; origin: PromptOrigin; error: Error | null }

/**
 * Prompts for an application: fresh ones out of the memory; older ones at once, while they are refreshed; when the control
 * plane is away, what it said last, in this process or, by the store, in an earlier one; and at last the fallback.
 *
 *   (none) → fresh → stale (given, and refreshed) → old (asked for first; given still, when nobody answers)
 *   a move heard of: → stale, refreshed at once;   the ref gone: → (none)
 */
export class PromptDelivery {
  readonly #transport: Transport
  readonly #surroundings: Pick<Surroundings, 'now' | 'random' | 'after'>
  readonly #experiments: () => Promise<LocalExperiments>
  readonly #maxAgeMs: number
  readonly #staleMs: number
  readonly #persistence: Persistence
  readonly #follower: ChangeFollower | undefined
  readonly #complain: (error: Error) => void
  /** Least recently asked for first. */
  readonly #entries = new Map<string, Entry>()
  readonly #fetching = new Map<string, Promise<Entry>>()
  /** How many moves were heard of. */
  #moves = 0
  #outage: { until: number; error: Error } | undefined

  constructor(
    transport: Transport,
    options: PromptDeliveryOptions = {},
    experiments: () => Promise<LocalExperiments>,
    surroundings = backgroundSurroundings,
  ) {
    this.#transport = transport
    this.#experiments = experiments
    this.#surroundings = surroundings
    this.#maxAgeMs = options.maxAgeMs ?? defaultMaxAgeMs
    this.#staleMs = options.staleWhileRevalidateMs ?? defaultStaleMs
    this.#complain = (error) => {
      try {
        options.onError?.(error)
      } catch {
        // Nobody could be told of it.
      }
    }
    this.#persistence = new Persistence(options.store, transport.connection.api, this.#complain)
    if (options.events ?? true) {
      const { path } = promptEndpoints.streamPromptEvents
      const listen = () => {
        const parser = new EventStreamParser()
        return (text: string) => {
          for (const { data } of parser.feed(text)) this.#hear(JSON.parse(data))
        }
      }
      const complain = this.#complain
      this.#follower = changeFollower(transport.connection, path, surroundings, { listen, complain })
    }
  }

  async get(name: string, options: GetPromptOptions): Promise<DeliveredPrompt> {
    const { variables, fallback } = options
    const tested = await this.#getTested(name, options)
    if (tested) return tested
    try {
      const { kept, origin, error } = await this.#find(name, options)
      return deliver(kept, variables, { origin, error })
    } catch (error) {
      if (fallback === undefined) throw error
      return deliverFallback(name, fallback, variables, error as Error)
    }
  }

  /** What a test has for the unit; nothing where none does, and where it can't be had: then it is as if there were no test. */
  async #getTested(name: string, options: GetPromptOptions): Promise<DeliveredPrompt | undefined> {
    const { version, branch, unit, attributes, variables, signal } = options
    if (version !== undefined || branch !== undefined || (unit == null && attributes == null)) return undefined
    try {
      const experiments = await this.#experiments()
      await unlessAborted(experiments.ready(), signal)
      const variant = promptVariant(experiments, name, options)
      if (!variant) return undefined
      // With something else to go by, it is not waited for any longer than that.
      const found = await this.#find(variant.promptId, { version: variant.version, fallback: '', signal })
      const delivered = deliver(found.kept, variables, found, variant.test)
      variant.expose()
      return delivered
    } catch (error) {
      if (!signal?.aborted) this.#complain(error as Error)
      return undefined
    }
  }

  /** Follows no moves any more; prompts can still be got. */
  close(): void {
    this.#follower?.close()
  }

  #find(name: string, options: GetPromptOptions): Found | Promise<Found> {
    const { label, branch, version, signal } = options
    const cacheKey = JSON.stringify([name, label, branch, version])
    const entry = this.#entries.get(cacheKey)
    if (!entry) return this.#first({ cacheKey, name, query: { label, branch, version } }, options)
    // The last to be forgotten.
    this.#entries.delete(cacheKey)
    this.#entries.set(cacheKey, entry)
    const ageMs = this.#surroundings.now() - entry.confirmedAt
    if (isUnchangeable(entry) || ageMs < this.#maxAgeMs) return { kept: entry, origin: 'cache', error: null }
    if (ageMs < this.#maxAgeMs + this.#staleMs) {
      void this.#refresh(entry).catch(() => {})
      return { kept: entry, origin: 'stale', error: null }
    }
    return this.#again(entry, signal)
  }

  /** What is too old to be given unasked: only when nobody answers. */
  async #again(entry: Entry, signal: AbortSignal | undefined): Promise<Found> {
    try {
      this.#assertNoOutage()
      await this.#within(this.#refresh(entry), signal)
      return { kept: entry, origin: 'server', error: null }
    } catch (error) {
      if (isGone(error)) throw error
      return { kept: entry, origin: 'stale', error: error as Error }
    }
  }

  async #first(
    wanted: Pick<Entry, 'cacheKey' | 'name' | 'query'>,
    { fallback, signal }: GetPromptOptions,
  ): Promise<Found> {
    const kept = await this.#persistence.read(wanted.cacheKey)
    const isCovered = kept !== undefined || fallback !== undefined
    try {
      if (isCovered) this.#assertNoOutage()
      const fetched = this.#fetch(wanted)
      const entry = await (isCovered ? this.#within(fetched, signal) : unlessAborted(fetched, signal))
      return { kept: entry, origin: 'server', error: null }
    } catch (error) {
      if (!kept || isGone(error)) throw error
      const entry = this.#remember({ ...wanted, ...kept, confirmedAt: Number.NEGATIVE_INFINITY })
      return { kept: entry, origin: 'store', error: error as Error }
    }
  }

  /** For all who wait for it; it goes on when they have lost their patience. */
  #fetch(wanted: Pick<Entry, 'cacheKey' | 'name' | 'query'>): Promise<Entry> {
    const { cacheKey, name, query } = wanted
    const under = this.#fetching.get(cacheKey)
    if (under !== undefined) return under
    const work = async () => {
      const confirmedAt = this.#surroundings.now()
      const moves = this.#moves
      try {
        if (query.version === undefined) this.#follower?.start()
        const { body, etag } = await this.#transport.call('resolvePrompt', { params: { id: name }, query })
        this.#outage = undefined
        const entry = this.#remember({ ...wanted, resolved: frozen(body), etag, confirmedAt })
        void this.#persistence.write(cacheKey, entry)
        // It may have been read before something moved that was heard of meanwhile.
        if (moves !== this.#moves) this.#expire(entry)
        return entry
      } catch (error) {
        this.#fail(error as Error)
        if (isGone(error)) await this.#persistence.remove(cacheKey)
        throw error
      } finally {
        this.#fetching.delete(cacheKey)
      }
    }
    const fetching = work()
    fetching.catch(() => {})
    this.#fetching.set(cacheKey, fetching)
    return fetching
  }

  #remember(known: Omit<Entry, 'refreshing' | 'isOutdated'>): Entry {
    const entry: Entry = { ...known, refreshing: undefined, isOutdated: false }
    // Only the answer tells that a version refers to labels; the stream begins with a resync, so that no move is missed.
    if (!isUnchangeable(entry)) this.#follower?.start()
    this.#entries.set(entry.cacheKey, entry)
    if (this.#entries.size > mostEntries) this.#entries.delete(this.#entries.keys().next().value!)
    return entry
  }

  /** One request at a time, and one more when something has moved meanwhile. Throws what went wrong. */
  #refresh(entry: Entry): Promise<void> {
    if (entry.refreshing !== undefined) return entry.refreshing
    const work = async () => {
      try {
        do {
          entry.isOutdated = false
          await this.#revalidate(entry)
        } while (entry.isOutdated)
      } catch (error) {
        this.#fail(error as Error)
        if (isGone(error)) {
          if (this.#entries.get(entry.cacheKey) === entry) this.#entries.delete(entry.cacheKey)
          await this.#persistence.remove(entry.cacheKey)
        }
        throw error
      } finally {
        entry.refreshing = undefined
      }
    }
    entry.refreshing = work()
    return entry.refreshing
  }

  async #revalidate(entry: Entry): Promise<void> {
    this.#assertNoOutage()
    const askedAt = this.#surroundings.now()
    const { name, query } = entry
    const headers = { Accept: 'application/json', 'If-None-Match': `"${entry.etag}"` }
    const signal = AbortSignal.timeout(refreshTimeoutMs)
    const response = await this.#transport.send('resolvePrompt', { params: { id: name }, query }, headers, signal)
    if (response.status !== 304) {
      entry.resolved = frozen((await response.json()) as ResolvedPrompt)
      entry.etag = tagOf(response)
      void this.#persistence.write(entry.cacheKey, entry)
    }
    this.#outage = undefined
    // What has moved meanwhile may not be in it.
    if (!entry.isOutdated) entry.confirmedAt = askedAt
  }

  #hear({ promptId }: PromptEvent): void {
    this.#moves++
    this.#outage = undefined
    for (const entry of this.#entries.values()) if (promptId === null || concerns(entry, promptId)) this.#expire(entry)
  }

  /** From now on it is stale: given still, for as long as it takes to learn what it says now. */
  #expire(entry: Entry): void {
    if (isUnchangeable(entry)) return
    entry.isOutdated = true
    entry.confirmedAt = Math.min(entry.confirmedAt, this.#surroundings.now() - this.#maxAgeMs)
    this.#surroundings.after(this.#surroundings.random() * spreadMs, () => void this.#refresh(entry).catch(() => {}))
  }

  #fail(error: Error): void {
    if (isGone(error) || error === this.#outage?.error) return
    this.#complain(error)
    if (error instanceof FairleadApiError && error.status < 500 && error.status !== 429) return
    const askedFor = error instanceof FairleadApiError ? Number(error.retryAfter) * 1_000 : 0
    const pauseMs = Math.min(longestOutageMs, Math.max(outageMs, askedFor || 0))
    this.#outage = { until: this.#surroundings.now() + pauseMs, error }
  }

  /** Throws what the control plane failed with, while it is left alone. */
  #assertNoOutage(): void {
    if (this.#outage && this.#surroundings.now() < this.#outage.until) throw this.#outage.error
  }

  async #within<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
    const { promise, reject } = Promise.withResolvers<never>()
    const stop = this.#surroundings.after(patienceMs, () => {
      const error = new FairleadTimeoutError(`The control plane has not answered within ${patienceMs} ms.`)
      this.#fail(error)
      reject(error)
    })
    try {
      return await unlessAborted(Promise.race([work, promise]), signal)
    } finally {
      stop()
    }
  }
}

/** A version does not change, unless it refers to labels. */
function isUnchangeable({ query, resolved }: Entry): boolean {
  return query.version !== undefined && resolved.references.every(({ label }) => label === null)
}

function concerns({ resolved }: Entry, promptId: string): boolean {
  return resolved.promptId === promptId || resolved.references.some((reference) => reference.promptId === promptId)
}

/** The control plane itself says that there is no such prompt or ref, or not any more. */
function isGone(error: unknown): boolean {
  return error instanceof FairleadApiError && error.status === 404 && error.code.startsWith('prompt.')
}

function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

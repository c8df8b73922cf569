import type { Subject, TestConfiguration } from '@fairlead/core/experiment'
import { prepareTest } from '@fairlead/core/experiment'
import { backgroundSurroundings } from '../background.ts'
import type { Connection } from '../connection.ts'
import { frozen } from '../frozen.ts'
import { randomKey } from '../random-key.ts'
import { configurationSource } from './configuration-source.ts'
import { eventQueue } from './event-queue.ts'
import { exposureMemory } from './exposure-memory.ts'
import type { LocalExperimentsOptions, LocalObservation, LocalStatus, LocalVariant } from './options.ts'
import { whenLeft } from './when-left.ts'

/**
 * A/B tests evaluated in this process or page, without a request: the variant of a unit is a function of the configuration,
 * which is fetched at the start, followed, and kept through outages. What was shown and observed is gathered and sent in
 * the background. Nothing here throws or waits, but for what says so.
 *
 *   loading → ready ⇄ stale (the configuration is the last one that could be had)
 */
export interface LocalExperiments {
  /**
   * The variant of a unit in a test, which is named by its key or id, and why it is that one, or none. That the unit was
   * shown the variant is recorded, once, unless `expose` is false.
   */
  variant(test: string, subject?: Subject, options?: { expose?: boolean }): LocalVariant
  /** Says what was seen of a unit that has been shown its variant. What no metric can be is told to `onError`. */
  observe(test: string, observation: LocalObservation): void
  /** Resolves as soon as there is a configuration; or none for now: it could not be had, or not within 3 s. Never rejects. */
  ready(): Promise<void>
  status(): LocalStatus
  /** What the tests are evaluated by: the `bootstrap` of another process or page. Null while there is none. */
  configuration(): TestConfiguration | null
  /** Calls back when the status or the configuration has changed; until what it gives is called. */
  subscribe(listener: () => void): () => void
  /** Sends what waits; resolves when it has been sent, or could not be. Never rejects. */
  flush(): Promise<void>
  /** Follows no changes any more, and sends what waits, as `flush` does. Variants can still be had. */
  close(): Promise<void>
}

/** How long `ready` waits for the control plane. */
const patienceMs = 3_000
const longestUnit = 255

interface PreparedTest {
  readonly id: string
  readonly epoch: number
  /** Of test and epoch. */
  readonly name: string
  readonly assign: ReturnType<typeof prepareTest>
}

const noVariant = { id: null, name: null, payload: null, prompt: null } as const

export function localExperiments(
  connection: Connection,
  options: LocalExperimentsOptions = {},
  surroundings = backgroundSurroundings,
): LocalExperiments {
  const { bootstrap, schemes, events = true, onError, onDrop } = options
  let configuration: TestConfiguration | null = null
  let tests = new Map<string, PreparedTest>()
  let status: LocalStatus = 'loading'
  const memory = exposureMemory()
  const listeners = new Set<() => void>()
  const { promise: ready, resolve: beReady } = Promise.withResolvers<void>()

  const complain = (error: Error) => attempt(() => onError?.(error))
  const drop = (count: number) => {
    if (count > 0) attempt(() => onDrop?.(count))
  }
  const queue = eventQueue(connection, options, { complain, drop }, surroundings)

  const become = (next: LocalStatus) => {
    status = next
    beReady()
    for (const listener of listeners) attempt(listener)
  }
  const take = (said: TestConfiguration) => {
    configuration = frozen(said)
    tests = new Map()
    for (const test of said.tests) {
      try {
        const { id, key, epoch } = test
        const prepared = { id, epoch, name: id + epoch, assign: prepareTest(test, schemes) }
        tests.set(key, prepared).set(id, prepared)
      } catch (error) {
        complain(error as Error)
      }
    }
    become('ready')
  }
  const source = configurationSource(connection, surroundings, {
    take: (said) => (said ? take(said) : status === 'ready' || become('ready')),
    complain(error) {
      complain(error)
      become(configuration ? 'stale' : 'loading')
    },
  })

  const expose = ({ id, epoch, name }: PreparedTest, unit: string, variant: string) => {
    if (memory.has(name, unit, variant)) return
    // What there is no room for is recorded when the unit is seen again.
    if (isUnit(unit) && queue.expose({ test: id, unit, variant, epoch })) memory.add(name, unit, variant)
  }

  if (bootstrap) take(bootstrap)
  else surroundings.after(patienceMs, beReady)
  if (events || !bootstrap) void source.fetch()
  if (events) source.follow()
  const stay = whenLeft(queue.leave)

  return {
    variant(name, subject = {}, { expose: isShown = true } = {}) {
      try {
        const test = tests.get(name)
        if (!test) return { ...noVariant, reason: 'unknown_test', unit: subject.unit ?? null }
        const { variant, reason, unit } = test.assign(subject)
        if (!variant) return { ...noVariant, reason, unit } as LocalVariant
        if (isShown && reason === 'assigned') expose(test, unit!, variant.id)
        // Member by member, which is several times as fast as spreading it.
        const { id, name: variantName, payload, prompt } = variant
        return { id, name: variantName, payload, prompt, reason, unit } as LocalVariant
      } catch (error) {
        // Of a subject that is no data.
        complain(error as Error)
        return { ...noVariant, reason: 'not_targeted', unit: null }
      }
    },
    observe(test, observation) {
      try {
        const { unit, metric, value, id = randomKey() } = observation
        if (!isUnit(unit) || !Number.isFinite(value)) throw new TypeError(`${value} of "${unit}" is no observation.`)
        queue.observe({ id, test, unit, metric, value })
      } catch (error) {
        complain(error as Error)
      }
    },
    ready: () => ready,
    status: () => status,
    configuration: () => configuration,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    flush: queue.flush,
    close() {
      source.close()
      stay()
      return queue.flush()
    },
  }
}

function isUnit(unit: unknown): boolean {
  return typeof unit === 'string' && unit !== '' && unit.length <= longestUnit
}

/** An application's own function is not to fail what calls it. */
function attempt(call: () => void): void {
  try {
    call()
  } catch {
    // Nobody could be told of it.
  }
}

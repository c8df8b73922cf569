import type { Subject, TestConfiguration } from '@fairlead/core/experiment'
import { backgroundSurroundings } from '../background.ts'
import type { Connection } from '../connection.ts'
import { frozen } from '../frozen.ts'
import { randomKey } from '../random-key.ts'
import { configurationSource } from './configuration-source.ts'
import { evaluationOf, isUnit } from './evaluation.ts'
import { eventQueue } from './event-queue.ts'
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

export function localExperiments(
  connection: Connection,
  options: LocalExperimentsOptions = {},
  surroundings = backgroundSurroundings,
): LocalExperiments {
  const { bootstrap, schemes, events = true, onError, onDrop } = options
  let configuration: TestConfiguration | null = null
  let status: LocalStatus = 'loading'
  const listeners = new Set<() => void>()
  const { promise: ready, resolve: beReady } = Promise.withResolvers<void>()

  const complain = (error: Error) => attempt(() => onError?.(error))
  const drop = (count: number) => {
    if (count > 0) attempt(() => onDrop?.(count))
  }
  const queue = eventQueue(connection, options, { complain, drop }, surroundings)

  const { evaluateBy, variant } = evaluationOf(schemes, queue.expose, complain)

  const become = (next: LocalStatus) => {
    status = next
    beReady()
    for (const listener of listeners) attempt(listener)
  }
  const take = (said: TestConfiguration) => {
    configuration = frozen(said)
    evaluateBy(said.tests)
    become('ready')
  }
  const source = configurationSource(connection, surroundings, {
    take: (said) => (said ? take(said) : status === 'ready' || become('ready')),
    complain(error) {
      complain(error)
      become(configuration ? 'stale' : 'loading')
    },
  })

  if (bootstrap) take(bootstrap)
  else surroundings.after(patienceMs, beReady)
  if (events || !bootstrap) void source.fetch()
  if (events) source.follow()
  const stay = whenLeft(queue.leave)

  return {
    variant,
    observe(test, observation) {
      try {
        const { unit, metric, value, id = randomKey() } = observation
        if (!isUnit(unit) || !isUnit(metric) || !Number.isFinite(value))
          throw new TypeError(`No observation of ${test}: unit ${unit}, metric ${metric}, value ${value}`)
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

/** An application's own function is not to fail what calls it. */
function attempt(call: () => void): void {
  try {
    call()
  } catch {
    // Nobody could be told of it.
  }
}

import type { Exposure, experimentEndpoints, Observation, RecordedEvents } from '@fairlead/core/experiment'
import { backgroundTask } from '../background-task.ts'
import type { Connection } from '../connection.ts'
import type { Surroundings } from '../retry.ts'
import type { LocalExperimentsOptions } from './options.ts'

const path = '/ab-test-events' satisfies (typeof experimentEndpoints)['recordAbTestEvents']['path']

const mostAtOnce = 1_000
/** So few are below 64 kB, all that a page may still send when it is left. */
const mostOfLeftPage = 200
const timeoutMs = 10_000
/** The events themselves are at fault, and would be again. */
const refusals = [400, 413, 422]

interface Batch {
  exposures: Exposure[]
  observations: Observation[]
}

interface EventQueue {
  /** False when there is no room for it. */
  expose(exposure: Exposure): boolean
  observe(observation: Observation): void
  /** Sends all that waits, up to the first batch that can't be sent. Never rejects. */
  flush(): Promise<void>
  /** Sends what a page still can that is left, perhaps for good. */
  leave(): void
}

/**
 * Exposures and observations on their way to the control plane: gathered, sent in order and one batch at a time, exposures
 * first, so that a unit's are there before what was observed of it. What can't be sent waits, and is sent again as it
 * was; each event says who it is, so that one which got through after all changes nothing.
 */
export function eventQueue(
  connection: Connection,
  { flushIntervalMs = 5_000, maxQueued = 100_000 }: LocalExperimentsOptions,
  { complain, drop }: { complain: (error: Error) => void; drop: (count: number) => void },
  surroundings: Pick<Surroundings, 'now' | 'random' | 'after'>,
): EventQueue {
  const exposures: Exposure[] = []
  const observations: Observation[] = []
  /** What is being sent, or has to be sent again. */
  let batch: Batch | undefined
  /** How many go out at once. */
  let limit = mostAtOnce
  const told = new Set<string>()

  const waiting = () => exposures.length + observations.length + countOf(batch)

  const task = backgroundTask(
    async (goesWell) => {
      while (waiting() > 0) {
        if (!batch) {
          const first = exposures.splice(0, limit)
          batch = { exposures: first, observations: observations.splice(0, limit - first.length) }
        }
        await send(batch)
        batch = undefined
        goesWell()
      }
    },
    complain,
    surroundings,
  )

  /** Throws what keeps it from being sent now. */
  const send = async (batch: Batch) => {
    const count = countOf(batch)
    const keepalive = count <= mostOfLeftPage && task.failures() === 0
    try {
      const asked = { method: 'POST', path, body: batch, keepalive } as const
      const response = await connection.send(asked, AbortSignal.timeout(timeoutMs))
      tell(batch, (await response.json()) as RecordedEvents)
      limit = Math.min(limit * 2, mostAtOnce)
    } catch (error) {
      if (!refusals.includes((error as { status: number }).status)) throw error
      if (count > 1) {
        // Smaller batches are taken, until the event at fault is alone, and dropped.
        limit = count >> 1
        exposures.unshift(...batch.exposures)
        observations.unshift(...batch.observations)
      } else {
        complain(error as Error)
        drop(batch.observations.length)
      }
    }
  }

  /** Why events were left aside, each reason once for each test and metric: an application says the same all the time. */
  const tell = (batch: Batch, { leftAside }: RecordedEvents) => {
    for (const { pointer, reason } of leftAside) {
      const [, kind, index] = pointer.split('/') as [string, keyof Batch, number]
      const { test, metric = '' } = batch[kind][index] as Partial<Observation>
      const message = `Left aside (${reason}): ${test} ${metric}`
      if (!told.has(message)) complain(new Error(message))
      told.add(message)
    }
  }

  /** Many observations give way at a time, since each time moves all that are left. */
  const add = <Event>(events: Event[], event: Event): boolean => {
    if (waiting() >= maxQueued) {
      const dropped = observations.splice(0, Math.ceil(maxQueued / 100)).length
      drop(dropped)
      if (dropped === 0) return false
    }
    events.push(event)
    if (task.failures() === 0) {
      if (waiting() < mostAtOnce) task.runIn(flushIntervalMs)
      else void task.run()
    }
    return true
  }

  return {
    expose: (exposure) => add(exposures, exposure),
    observe: (observation) => {
      if (!add(observations, observation)) drop(1)
    },
    async flush() {
      do await task.run()
      while (waiting() > 0 && task.failures() === 0)
    },
    leave() {
      limit = Math.min(limit, mostOfLeftPage)
      void task.run()
    },
  }
}

function countOf(batch: Batch | undefined): number {
  return batch ? batch.exposures.length + batch.observations.length : 0
}

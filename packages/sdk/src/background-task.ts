import type { Surroundings } from './retry.ts'
import { delayInOutage } from './retry.ts'

/** Work that is done now and then in the background. */
export interface BackgroundTask {
  /** Does it now, unless it is being done. Resolves when that has ended, well or not; never rejects. */
  run(): Promise<void>
  /** Does it in so many ms, unless that is to come earlier anyway. */
  runIn(delayMs: number): void
  /** How often in a row it has failed. */
  failures(): number
  stop(): void
}

/**
 * A task that is never done twice at the same time. What it throws is told, and it is tried again: after a second at first,
 * then ever more rarely, up to once a minute. `work` may say that it goes well before it has ended.
 */
export function backgroundTask(
  work: (goesWell: () => void) => Promise<void>,
  complain: (error: Error) => void,
  surroundings: Pick<Surroundings, 'now' | 'random' | 'after'>,
): BackgroundTask {
  let running: Promise<void> | undefined
  let cancel: (() => void) | undefined
  let dueAt = 0
  let failures = 0
  let isStopped = false
  const goesWell = () => {
    failures = 0
  }
  const unschedule = () => {
    cancel?.()
    cancel = undefined
  }
  const runIn = (delayMs: number) => {
    const at = surroundings.now() + delayMs
    if (isStopped || (cancel && dueAt <= at)) return
    unschedule()
    dueAt = at
    cancel = surroundings.after(delayMs, () => {
      cancel = undefined
      void run()
    })
  }
  const attempt = async () => {
    unschedule()
    try {
      await work(goesWell)
      goesWell()
    } catch (error) {
      runIn(delayInOutage(failures++, error, surroundings))
      if (!isStopped) complain(error as Error)
    }
    running = undefined
  }
  const run = () => {
    running ??= attempt()
    return running
  }
  const stop = () => {
    isStopped = true
    unschedule()
  }
  return { run, runIn, failures: () => failures, stop }
}

import type { Job } from 'pg-boss'
import { PgBoss } from 'pg-boss'
import type { Database, DatabaseLogger } from '../database/index.ts'
import { silentLogger } from '../database/index.ts'

/** Runs a job; the signal aborts when the job has taken too long. Throwing lets it be tried again. */
export type JobHandler<Data extends object> = (data: Data, signal: AbortSignal) => Promise<void>

/** When a job is due: a cron expression in UTC, to the minute, or a period of at least one second. */
export type Schedule = string | { everyMs: number }

/**
 * Background work around the runs, in any number of processes: each job is taken by one of them. Handlers must bear a
 * repetition, because a job whose process died is run again.
 */
export interface Jobs {
  /** Takes jobs of this name from now on. */
  work<Data extends object>(name: string, handler: JobHandler<Data>): Promise<void>
  /** Runs the handler whenever it is due, in one process at a time as a rule; a due time that nobody saw is left out. */
  schedule(name: string, when: Schedule, handler: JobHandler<object>): Promise<void>
  /** Leaves a job to whoever works on that name, after the commit of no scope: call it outside of one. */
  send(name: string, data: object, options?: { afterSeconds?: number }): Promise<void>
  /** Waits for the jobs that are running, at most `timeoutMs` (default 30 s), and takes no more. */
  stop(options?: { timeoutMs?: number }): Promise<void>
}

export interface JobsOptions {
  logger?: DatabaseLogger
  /** Jobs sent by other processes are found within this time (default 2 s); those of this process at once. */
  pollSeconds?: number
}

const scheduledJobTimeoutSeconds = 300

/** Starts the background work on that database, which must be migrated. */
export async function createJobs(database: Database, options: JobsOptions = {}): Promise<Jobs> {
  const logger = options.logger ?? silentLogger
  const boss = new PgBoss({
    db: { executeSql: (text, values) => database.executeSql(text, values) },
    backend: database.kind,
    schema: 'pgboss',
    createSchema: false,
    registerInstance: false,
    // Both need statements that can't run in a transaction, or rights beyond those of the system role.
    reindex: false,
    monitorVacuum: false,
  })
  boss.on('error', (error) => logger.error({ err: error }, 'The job queue met an error'))
  boss.on('warning', (warning) => logger.warn({ warning }, 'The job queue gave a warning'))
  await boss.start()
  return overBoss(boss, logger, options.pollSeconds ?? 2)
}

function overBoss(boss: PgBoss, logger: DatabaseLogger, pollingIntervalSeconds: number): Jobs {
  const workers = new Map<string, string>()
  const timers: NodeJS.Timeout[] = []

  const work = async <Data extends object>(name: string, handler: JobHandler<Data>) => {
    const run = async ([job]: Job<Data>[]) => {
      try {
        await handler(job!.data, job!.signal)
      } catch (error) {
        logger.error({ err: error, job: name, jobId: job!.id }, 'A job failed')
        throw error
      }
    }
    workers.set(name, await boss.work<Data>(name, { pollingIntervalSeconds }, run))
  }
  const wake = (name: string) => {
    const worker = workers.get(name)
    if (worker !== undefined) boss.notifyWorker(worker)
  }

  return {
    async work(name, handler) {
      await boss.createQueue(name)
      await work(name, handler)
    },

    async schedule(name, when, handler) {
      // At most one waits. Another may run meanwhile: the process that took it may have died.
      await boss.createQueue(name, { policy: 'short', expireInSeconds: scheduledJobTimeoutSeconds, retryLimit: 0 })
      await work(name, handler)
      if (typeof when === 'string') return boss.schedule(name, when)
      const seconds = Math.max(1, Math.round(when.everyMs / 1000))
      const tick = async () => {
        // Every process ticks; the queue takes one job for each period.
        const id = await boss.send(name, {}, { singletonSeconds: seconds })
        if (id !== null) wake(name)
      }
      const report = (error: unknown) => logger.warn({ err: error, job: name }, 'A job could not be scheduled')
      timers.push(setInterval(() => void tick().catch(report), seconds * 1000).unref())
    },

    async send(name, data, { afterSeconds } = {}) {
      await boss.send(name, data, afterSeconds === undefined ? {} : { startAfter: afterSeconds })
      if (afterSeconds === undefined) wake(name)
    },

    async stop({ timeoutMs = 30_000 } = {}) {
      for (const timer of timers) clearInterval(timer)
      await boss.stop({ graceful: true, timeout: timeoutMs, close: false })
    },
  }
}

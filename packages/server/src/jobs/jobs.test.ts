import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../database/index.ts'
import { backends, openTestDatabase } from '../database/testing/index.ts'
import type { Jobs } from './jobs.ts'
import { createJobs } from './jobs.ts'

/** A list that can be waited on until it holds so many. */
function collector<Item>() {
  const items: Item[] = []
  const waiting: { count: number; resolve(items: Item[]): void }[] = []
  return {
    add(item: Item) {
      items.push(item)
      for (const { count, resolve } of waiting) if (items.length >= count) resolve(items)
    },
    reach: (count: number) =>
      items.length >= count
        ? Promise.resolve(items)
        : new Promise<Item[]>((resolve) => waiting.push({ count, resolve })),
  }
}

describe.each(backends)('jobs on %s', (kind) => {
  let database: Database
  const running: Jobs[] = []
  const start = async (options?: Parameters<typeof createJobs>[1]) => {
    const jobs = await createJobs(database, options)
    running.push(jobs)
    return jobs
  }

  beforeAll(async () => {
    database = await openTestDatabase(kind)
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((jobs) => jobs.stop()))
  })
  afterAll(async () => {
    await database.close()
  })

  it('hands what was sent to the worker of that name, at once in the same process', async () => {
    // The next poll would come after this test has timed out.
    const jobs = await start({ pollSeconds: 3_600 })
    const seen = collector<object>()
    await jobs.work<{ id: number }>('greet', async (data) => seen.add(data))
    await jobs.send('greet', { id: 7 })
    expect(await seen.reach(1)).toEqual([{ id: 7 }])
  })

  it('lets one of several processes run each job', async () => {
    const seen = collector<number>()
    const [one, two] = [await start(), await start()]
    await one.work<{ n: number }>('shared', async ({ n }) => seen.add(n))
    await two.work<{ n: number }>('shared', async ({ n }) => seen.add(n))
    for (let n = 0; n < 6; n++) await (n % 2 ? one : two).send('shared', { n })
    expect((await seen.reach(6)).toSorted()).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('runs what is due every second again and again', async () => {
    const jobs = await start()
    const seen = collector<number>()
    await jobs.schedule('tick', { everyMs: 1000 }, async () => seen.add(1))
    expect((await seen.reach(2)).length).toBeGreaterThanOrEqual(2)
  })

  it('accepts a cron expression and refuses what is none', async () => {
    const jobs = await start()
    await jobs.schedule('hourly', '17 * * * *', async () => {})
    await expect(jobs.schedule('never', 'not a cron', async () => {})).rejects.toThrow()
  })

  it('logs a job that fails, and tries it again', async () => {
    const failures = collector<object>()
    const logger = { info() {}, warn() {}, error: (data: object) => failures.add(data) }
    const jobs = await start({ logger })
    const attempts = collector<number>()
    await jobs.work('flaky', async () => {
      attempts.add(1)
      throw new Error('not yet')
    })
    await jobs.send('flaky', {})
    await attempts.reach(2)
    expect((await failures.reach(1))[0]).toMatchObject({ job: 'flaky', err: new Error('not yet') })
    await jobs.stop()
  })

  it('waits for the running job when it stops', async () => {
    const jobs = await start()
    const begun = collector<number>()
    let finish = () => {}
    const finished: boolean[] = []
    await jobs.work('slow', async () => {
      begun.add(1)
      await new Promise<void>((resolve) => (finish = resolve))
      finished.push(true)
    })
    await jobs.send('slow', {})
    await begun.reach(1)
    const stopped = jobs.stop()
    finish()
    await stopped
    expect(finished).toEqual([true])
  })

  it('refuses to send inside a scope, where it would wait for itself', async () => {
    const jobs = await start()
    await jobs.work('inner', async () => {})
    await expect(database.withSystem(() => jobs.send('inner', {}))).rejects.toMatchObject({
      code: 'database.nested_checkout',
    })
  })
})

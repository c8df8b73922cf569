import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Run, RunEvent } from '@fairlead/core/workflow'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TestLocation } from '../database/testing/index.ts'
import { backends, createTestLocation } from '../database/testing/index.ts'
import type { Caller, ServerProcess } from './testing/plane.suite.ts'
import { createCaller, Follower, readCalls, readRun, startServer } from './testing/plane.suite.ts'
import { longWork } from './testing/work-flow.suite.ts'

/** More rounds make a longer test of the same kind: `pnpm chaos`. */
const rounds = Number(process.env.FAIRLEAD_CHAOS_ROUNDS ?? 1)
const seed = Number(process.env.FAIRLEAD_CHAOS_SEED ?? Date.now() % 1_000_000)
const leaseMs = 1_500
const numbers = Array.from({ length: 120 }, (_value, index) => index)

let folder: string
let location: TestLocation
const servers: ServerProcess[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-crash-'))
})

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.child.kill('SIGCONT')
    await server.kill()
  }
  await location.remove()
  await rm(folder, { recursive: true, force: true })
})

const callsFile = () => join(folder, 'calls')

async function start(lease = leaseMs): Promise<ServerProcess> {
  const { url, dataDirectory } = location.options
  const held = { leaseMs: lease, callsFile: callsFile(), workMs: 15 }
  const server = await startServer({ databaseUrl: url, dataDirectory, ...held })
  servers.push(server)
  return server
}

/** A sequence of numbers below 1 that a seed determines. */
function randomFrom(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

async function startRun(caller: Caller, approvals: boolean): Promise<string> {
  const { id } = await caller.call<{ id: string }>('POST', '/workflows', { definition: longWork({ approvals }) })
  return (await caller.call<Run>('POST', `/workflows/${id}/execute`, { input: { numbers } })).id
}

async function answerAll(caller: Caller, runId: string): Promise<void> {
  for (const { address, status } of (await readRun(caller, runId)).interrupts) {
    if (status !== 'pending') continue
    await caller.send('POST', `/runs/${runId}/resume`, { address, choice: 'yes' })
  }
}

const isOver = ({ type }: RunEvent) => type === 'run.completed' || type === 'run.failed'

/** Everything that must be true of a finished run, whatever happened to the servers on the way. */
async function expectWhole(caller: Caller, runId: string, seen: readonly RunEvent[]): Promise<void> {
  const run = await readRun(caller, runId)
  expect(run).toMatchObject({ status: 'completed', output: { all: numbers.map((number) => number * 2), ended: 4 } })
  expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_event, index) => index + 1))
  const completions = new Map<string, number>()
  for (const event of seen) if (event.type === 'node.completed') add(completions, event.address)
  const tools = ['first', 'last', ...numbers.map((index) => `items[${index}]/double`)]
  for (const address of tools) expect([address, completions.get(address)]).toEqual([address, 1])
  expect([...completions.values()].every((count) => count === 1)).toBe(true)
  expect(seen.filter(({ type }) => type === 'run.started')).toHaveLength(1)
  expect(seen.filter(isOver)).toHaveLength(1)
  for (const { key, address } of readCalls(callsFile())) expect(key).toBe(`${runId}:${address}`)
}

/**
 * The tool must not have been called for anything that was recorded when a server took the run up: what each process
 * called is held against the completions that stood before the event by which it took the run up.
 */
function expectNothingRepeated(seen: readonly RunEvent[], takenUp: ReadonlyMap<number, number>): void {
  const completedAt = new Map<string, number>()
  for (const event of seen) if (event.type === 'node.completed') completedAt.set(event.address, event.seq)
  const repeated = readCalls(callsFile()).filter(({ pid, address, step }) => {
    return step === 'begins' && completedAt.get(address)! < takenUp.get(pid)!
  })
  expect(repeated).toEqual([])
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

describe.each(backends)('a run on %s whose server is killed', (kind) => {
  it.each(Array.from({ length: rounds }, (_round, index) => seed + index))(
    'completes, repeats nothing that was recorded, and loses and doubles no event (seed %i)',
    { timeout: 120_000 },
    async (roundSeed) => {
      const random = randomFrom(roundSeed)
      location = await createTestLocation(kind)
      let server = await start()
      const caller = createCaller(() => server, server.key!)
      const runId = await startRun(caller, true)
      const follower = new Follower(caller, runId)
      const takenUp = new Map<number, number>()
      const noteTakenUp = async (after: number) => {
        const event = await follower.until(
          ({ type, seq }) => seq > after && (type === 'run.resumed' || type === 'run.started'),
        )
        takenUp.set(server.child.pid!, event.seq)
      }
      await noteTakenUp(0)
      const restart = async () => {
        await server.kill()
        const { seq } = follower.seen.at(-1)!
        server = await start()
        return seq
      }
      // Twice in the middle of the map, at a random number of further events.
      for (const share of [0.1, 0.5]) {
        const target = Math.floor((share + 0.3 * random()) * numbers.length)
        const isFarEnough = () => follower.seen.filter(({ type }) => type === 'node.completed').length >= target
        await follower.until(isFarEnough)
        await noteTakenUp(await restart())
      }
      // While it waits, and right after an answer.
      await follower.until(({ type }) => type === 'run.waiting')
      await restart()
      await answerAll(caller, runId)
      const answered = await restart()
      // Whichever process took the run up, the answers are recorded, and the run goes on from them.
      await follower.until(
        ({ type, seq }) => seq > answered && (type === 'run.resumed' || isOver({ type } as RunEvent)),
      )
      await follower.until(isOver)
      await follower.stop()
      await expectWhole(caller, runId, follower.seen)
      expectNothingRepeated(follower.seen, takenUp)
    },
  )

  it('is given back at once by a server that is asked to end', { timeout: 60_000 }, async () => {
    location = await createTestLocation(kind)
    let server = await start()
    const caller = createCaller(() => server, server.key!)
    const runId = await startRun(caller, false)
    const follower = new Follower(caller, runId)
    await follower.until(({ type, seq }) => seq > 30 && type === 'node.completed')
    expect(await server.end()).toBe(0)
    const calls = readCalls(callsFile())
    // What had begun was let come to its end.
    expect(calls.filter(({ step }) => step === 'begins')).toHaveLength(
      calls.filter(({ step }) => step === 'ends').length,
    )
    server = await start()
    await follower.until(isOver)
    await follower.stop()
    await expectWhole(caller, runId, follower.seen)
    expect(readCalls(callsFile()).filter(({ step }) => step === 'begins')).toHaveLength(numbers.length + 2)
  })
})

describe.runIf(backends.includes('postgres'))('servers on one Postgres', () => {
  it('refuse every late write of one that was paused and lost its run', { timeout: 60_000 }, async () => {
    location = await createTestLocation('postgres')
    const paused = await start()
    let server = paused
    const caller = createCaller(() => server, paused.key!)
    const runId = await startRun(caller, false)
    const follower = new Follower(caller, runId)
    await follower.until(({ type, seq }) => seq > 20 && type === 'node.completed')
    paused.child.kill('SIGSTOP')
    server = await start()
    // Its viewers come over too: a paused server leaves them hanging.
    const other = new Follower(caller, runId)
    await other.until(({ type }) => type === 'run.resumed')
    paused.child.kill('SIGCONT')
    await other.until(isOver)
    await other.stop()
    await expectWhole(caller, runId, other.seen)
    expect(other.seen.filter(({ type }) => type === 'run.resumed')).toHaveLength(1)
    await expect.poll(() => paused.log(), { timeout: 10_000 }).toContain('run.lease_lost')
    expect(await paused.end()).toBe(0)
    await follower.stop()
  })

  it('share the runs, execute each step once, and show each other’s events at once', { timeout: 60_000 }, async () => {
    location = await createTestLocation('postgres')
    // Nobody is to lose a run here only because the machine is busy.
    const [one, other] = [await start(20_000), await start(20_000)]
    const here = createCaller(() => one, one.key!)
    const there = createCaller(() => other, one.key!)
    const { id } = await here.call<{ id: string }>('POST', '/workflows', { definition: longWork({ approvals: false }) })
    const input = { numbers: [1, 2, 3] }
    const runs = await Promise.all(
      Array.from({ length: 50 }, (_value, index) =>
        (index % 2 ? here : there).call<Run>('POST', `/workflows/${id}/execute`, { input }),
      ),
    )
    await Promise.all(
      runs.map(async (run, index) => {
        const follower = new Follower(index % 2 ? there : here, run.id)
        await follower.until(isOver, 30_000)
        await follower.stop()
        expect(follower.seen.map(({ seq }) => seq)).toEqual(follower.seen.map((_event, position) => position + 1))
      }),
    )
    const begun = readCalls(callsFile()).filter(({ step }) => step === 'begins')
    expect(begun).toHaveLength(50 * 5)
    expect(new Set(begun.map(({ key }) => key)).size).toBe(50 * 5)
    expect(new Set(begun.map(({ pid }) => pid)).size).toBe(2)
  })
})

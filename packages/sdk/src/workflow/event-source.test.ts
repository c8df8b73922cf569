import type { RunEvent, RunEventBody } from '@fairlead/core/workflow'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Surroundings } from '../retry.ts'
import { encodeEvents, numberEvents } from '../testing/events.ts'
import type { ClientOptions, Retry } from '../transport.ts'
import { Transport } from '../transport.ts'
import { readEvents } from './event-source.ts'

const node = { address: 'ask', nodeId: 'ask', nodeType: 'human' as const }
const bodies: RunEventBody[] = [
  { type: 'run.started' },
  { type: 'node.started', ...node, attempt: 1 },
  { type: 'run.completed', output: {} },
]
const events = numberEvents('run-1', bodies)

type Connection = (plane: Plane, request: Request) => Response | Promise<Response>

/** What a connection of the test may do to its surroundings. */
interface Plane {
  /** Lets time pass: what waits for it ends. */
  pass(milliseconds: number): void
}

/** A control plane that treats each connection as told, the last one for ever, and a clock that is set by hand. */
function follow(connections: Connection[], options: Partial<ClientOptions> = {}, runId = 'run-1') {
  let now = 0
  const timers = new Map<() => void, number>()
  const plane: Plane = {
    pass(milliseconds) {
      now += milliseconds
      for (const [callBack, at] of timers) if (at <= now && timers.delete(callBack)) callBack()
    },
  }
  const retries: Retry[] = []
  const lastEventIds: (string | null)[] = []
  const surroundings: Surroundings = {
    now: () => now,
    random: () => 0.5,
    sleep: async (delayMs) => plane.pass(delayMs),
    after(delayMs, callBack) {
      timers.set(callBack, now + delayMs)
      return () => void timers.delete(callBack)
    },
  }
  const send = async (url: string, init: RequestInit) => {
    const request = new Request(url, init)
    const index = Math.min(lastEventIds.length, connections.length - 1)
    lastEventIds.push(request.headers.get('Last-Event-ID'))
    return connections[index]!(plane, request)
  }
  const transport = new Transport(
    {
      baseUrl: 'http://plane.test',
      apiKey: 'key',
      fetch: send as typeof fetch,
      onRetry: (retry) => retries.push(retry),
      ...options,
    },
    surroundings,
  )
  const read = async () => {
    const seen: RunEvent[] = []
    for await (const event of readEvents(transport, { runId, after: 0, signal: undefined })) seen.push(event)
    return seen
  }
  const collect = async () => (await read()).map(({ seq }) => seq)
  return { collect, read, retries, lastEventIds, timers }
}

const headers = { 'Content-Type': 'text/event-stream; charset=utf-8' }
const streamed = (sent: readonly RunEvent[], before = '') => new Response(before + encodeEvents(sent, 0), { headers })

function streamOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
}

/** Never answered, until the client has had enough. */
function unanswered(plane: Plane, { signal }: Request, waitMs: number): Promise<Response> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
    queueMicrotask(() => plane.pass(waitMs))
  })
}

/** Open, and silent for a while once it is read; then it breaks off, unless the client has left it before. */
function silent(plane: Plane, { signal }: Request, waitMs: number): Response {
  const source: UnderlyingDefaultSource<Uint8Array> = {
    start: (controller) => signal.addEventListener('abort', () => controller.error(signal.reason)),
    async pull(controller) {
      // Not before the client has begun to wait.
      await Promise.resolve()
      plane.pass(waitMs)
      if (!signal.aborted) controller.error(new Error('cut'))
    },
  }
  const body = new ReadableStream(source, { highWaterMark: 0 })
  return new Response(body, { headers })
}

describe('the events of a run', () => {
  it('are followed for as long as the run is quiet, however often the connection is cut meanwhile', async () => {
    const cut: Connection = (plane, request) => silent(plane, request, 30_000)
    const { collect, lastEventIds } = follow([...Array(50).fill(cut), () => streamed(events)])
    expect(await collect()).toEqual([1, 2, 3])
    expect(lastEventIds).toHaveLength(51)
  })

  it('are read as they were sent, in whatever pieces their bytes come', async () => {
    const sent = numberEvents('run-1', [
      ...bodies.slice(0, 2),
      { type: 'run.completed', output: { text: 'Grüße 👋 漢' } },
    ])
    const bytes = new TextEncoder().encode(encodeEvents(sent, 0))
    const places = fc.array(fc.nat({ max: bytes.length }), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(places, async (cuts) => {
        const ends = [...cuts, bytes.length].sort((one, other) => one - other)
        const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
        const { read, retries } = follow([() => new Response(streamOf(pieces), { headers })])
        expect(await read()).toEqual(sent)
        expect(retries).toEqual([])
      }),
    )
  })

  it('are asked for elsewhere when a connection is not answered', async () => {
    const { collect, retries } = follow([
      (plane, request) => unanswered(plane, request, 45_000),
      () => streamed(events),
    ])
    expect(await collect()).toEqual([1, 2, 3])
    expect(retries.map(({ error }) => error.message)).toEqual([expect.stringContaining('nothing came for 45000 ms')])
  })

  it('are given up when the connections stay open but dead', async () => {
    const { collect, lastEventIds } = follow([(plane, request) => silent(plane, request, 45_000)])
    await expect(collect()).rejects.toThrow("can't be followed beyond number 0: nothing came for 45000 ms")
    expect(lastEventIds).toHaveLength(10)
  })

  it('are awaited over a restart of half a minute, with as much patience as the server asks for', async () => {
    const refused = () => Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }))
    const { collect, retries } = follow([
      () => streamed(events.slice(0, 1), 'retry: 1000\n\n'),
      ...Array(8).fill(refused),
      () => streamed(events.slice(1)),
    ])
    expect(await collect()).toEqual([1, 2, 3])
    expect(retries.map(({ delayMs }) => delayMs)).toEqual([1125, 1250, 1500, 2000, 3000, 5000, 5000, 5000, 5000])
    expect(retries[1]?.error.message).toContain('connect ECONNREFUSED')
  })

  it('are never given with a gap: what is missing is asked for again', async () => {
    const { collect, lastEventIds } = follow([
      () => streamed([events[0]!, events[2]!]),
      () => streamed(events.slice(1)),
    ])
    expect(await collect()).toEqual([1, 2, 3])
    expect(lastEventIds).toEqual([null, '1'])
  })

  it('are not looked for in an answer that is no event stream', async () => {
    const page = () => new Response('<h1>Sign in</h1>', { headers: { 'Content-Type': 'text/html' } })
    const { collect, lastEventIds } = follow([page])
    await expect(collect()).rejects.toThrow('not from a Fairlead control plane: <h1>Sign in</h1>')
    expect(lastEventIds).toHaveLength(1)
  })

  it('are not asked for again when the request is impossible', async () => {
    const locked = new Error('the vault is locked')
    const keyless = follow([() => streamed(events)], { apiKey: () => Promise.reject(locked) })
    await expect(keyless.collect()).rejects.toBe(locked)
    const nameless = follow([() => streamed(events)], {}, '..')
    await expect(nameless.collect()).rejects.toThrow('".." is no id')
    expect([...keyless.retries, ...nameless.retries, ...keyless.lastEventIds, ...nameless.lastEventIds]).toEqual([])
  })

  it('leave no timer behind', async () => {
    const { collect, timers } = follow([() => streamed(events.slice(0, 2)), () => streamed(events.slice(2))])
    await collect()
    expect(timers.size).toBe(0)
  })
})

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RunEvent } from '@fairlead/core/workflow'
import { foldRunEvents } from '@fairlead/core/workflow'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { realSurroundings } from '../retry.ts'
import { numberEvents } from '../testing/events.ts'
import { Transport } from '../transport.ts'
import { RunHandle } from './run-handle.ts'

const node = { address: 'draft', nodeId: 'draft', nodeType: 'prompt' as const, attempt: 1 }
const events = numberEvents('run-1', [
  { type: 'run.started' },
  { type: 'node.started', ...node },
  { type: 'node.completed', ...node, output: 'Grüße 👋', durationMs: 12 },
  { type: 'run.waiting', addresses: ['approve'] },
  { type: 'run.resumed', attempt: 2 },
  { type: 'run.completed', output: { text: 'Grüße 👋' } },
])

type Connection = (request: IncomingMessage, response: ServerResponse) => void

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A server that treats each connection as told, and a handle to the run on it whose pauses take no time. */
async function serve(connections: Connection[]) {
  const lastEventIds: (string | undefined)[] = []
  server = createServer((request, response) => {
    lastEventIds.push(request.headers['last-event-id'] as string | undefined)
    const connection = connections[lastEventIds.length - 1]
    if (connection) connection(request, response)
    else response.writeHead(500).end()
  })
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const surroundings = { ...realSurroundings, random: () => 0, sleep: async () => {} }
  const run = new RunHandle(new Transport({ baseUrl, apiKey: 'key' }, surroundings), 'run-1')
  return { run, lastEventIds }
}

const encode = (event: RunEvent) => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`
const opened = (response: ServerResponse) => response.writeHead(200, { 'Content-Type': 'text/event-stream' })

/** Streams these events as they are, then ends the connection or breaks it off. */
function stream(sent: readonly RunEvent[], ending: 'end' | 'break' = 'end'): Connection {
  return (_request, response) => {
    opened(response).write(`retry: 10\n\n: alive\n\n${sent.map(encode).join('')}`, () => {
      if (ending === 'end') response.end()
      else response.destroy()
    })
  }
}

async function collect(iterable: AsyncIterable<RunEvent>): Promise<number[]> {
  const numbers: number[] = []
  for await (const event of iterable) numbers.push(event.seq)
  return numbers
}

describe('following a run', () => {
  it('gives every event once and ends with the run', async () => {
    const { run, lastEventIds } = await serve([stream(events)])
    expect(await collect(run)).toEqual([1, 2, 3, 4, 5, 6])
    expect(lastEventIds).toEqual([undefined])
    expect(run.state()).toEqual(foldRunEvents(events))
  })

  it('goes on from the last event after a broken connection, without a gap or a doublet', async () => {
    // The second connection overlaps: it begins before where the first one broke off.
    const { run, lastEventIds } = await serve([
      stream(events.slice(0, 3), 'break'),
      stream(events.slice(1, 5), 'end'),
      stream(events.slice(5)),
    ])
    expect(await collect(run)).toEqual([1, 2, 3, 4, 5, 6])
    expect(lastEventIds).toEqual([undefined, '3', '5'])
  })

  it('bears a cut at any byte of the stream', async () => {
    const bytes = Buffer.from(events.map(encode).join(''))
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: bytes.length }), async (place) => {
        const { run } = await serve([
          (_request, response) => void opened(response).write(bytes.subarray(0, place), () => response.destroy()),
          (request, response) => stream(events.slice(Number(request.headers['last-event-id'] ?? 0)))(request, response),
        ])
        expect(await collect(run)).toEqual([1, 2, 3, 4, 5, 6])
        server!.close()
      }),
      { numRuns: 40 },
    )
  })

  it('connects again after a passing refusal, and not after a final one', async () => {
    const refuse = (status: number): Connection => {
      const body = { type: 'about:blank', title: '', status, code: 'run.not_found', detail: 'No.', requestId: '' }
      return (_request, response) => void response.writeHead(status).end(JSON.stringify(body))
    }
    const passing = await serve([refuse(503), refuse(429), stream(events)])
    expect(await collect(passing.run)).toHaveLength(6)
    const final = await serve([refuse(404)])
    await expect(collect(final.run)).rejects.toMatchObject({ status: 404, code: 'run.not_found' })
  })

  it('connects again also when the refusal itself is cut off', async () => {
    const cutOff: Connection = (_request, response) => {
      response.writeHead(503, { 'Content-Type': 'application/problem+json', 'Content-Length': '100' }).write('{"code":')
      setImmediate(() => response.destroy())
    }
    const { run } = await serve([cutOff, cutOff, stream(events)])
    expect(await collect(run)).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('takes a time in proportion to the events where nobody looks at the state in between', async () => {
    const many = Array.from({ length: 4000 }, (_, index) => `items[${index}]/draft`).flatMap((address) => [
      { type: 'node.started' as const, ...node, address },
      { type: 'node.completed' as const, ...node, address, durationMs: 1 },
    ])
    const long = numberEvents('run-1', [{ type: 'run.started' }, ...many, { type: 'run.completed', output: {} }])
    const { run } = await serve([stream(long)])
    let folds = 0
    for await (const event of run) if (event.seq % 4000 === 0) folds += run.state().lastSeq === event.seq ? 1 : 0
    expect(folds).toBe(2)
    expect(run.state()).toEqual(foldRunEvents(long))
  })

  it('gives up after several connections that brought nothing', async () => {
    const { run, lastEventIds } = await serve(Array(20).fill(stream([], 'break')))
    await expect(collect(run)).rejects.toThrow(/can't be followed beyond number 0/)
    expect(lastEventIds).toHaveLength(10)
  })

  it('stops at a question when asked to, and goes on from there in the next loop', async () => {
    const { run, lastEventIds } = await serve([stream(events), stream(events.slice(4))])
    expect(await collect(run.events({ until: 'waiting' }))).toEqual([1, 2, 3, 4])
    expect(run.state().status).toBe('waiting')
    expect(await collect(run)).toEqual([5, 6])
    expect(lastEventIds).toEqual([undefined, '4'])
    expect(await collect(run)).toEqual([])
  })

  it('closes its connection when the loop is left', async () => {
    let closed = false
    const { run } = await serve([
      (_request, response) => {
        response.once('close', () => {
          closed = true
        })
        opened(response).write(encode(events[0]!))
      },
    ])
    for await (const event of run) if (event.seq === 1) break
    await expect.poll(() => closed).toBe(true)
  })

  it('ends with the reason of the caller’s signal', async () => {
    const { run } = await serve([(_request, response) => void opened(response).write(encode(events[0]!))])
    const caller = new AbortController()
    const following = (async () => {
      for await (const _event of run.events({ signal: caller.signal })) caller.abort(new Error('enough'))
    })()
    await expect(following).rejects.toThrow('enough')
  })
})

describe('the result of a run', () => {
  it('is its output, without a loop around it', async () => {
    const { run } = await serve([stream(events)])
    expect(await run.result()).toEqual({ text: 'Grüße 👋' })
  })

  it('is thrown as an error when the run failed, with the node', async () => {
    const error = { code: 'tool.failed', message: 'No stock.', nodeId: 'find', address: 'lines[2]/find' }
    const { run } = await serve([
      stream(numberEvents('run-1', [{ type: 'run.started' }, { type: 'run.failed', error }])),
    ])
    await expect(run.result()).rejects.toMatchObject({
      name: 'FairleadRunError',
      status: 'failed',
      error,
      message: 'The run run-1 failed at "lines[2]/find": No stock.',
    })
  })

  it('is thrown as an error when the run was cancelled', async () => {
    const cancelled = numberEvents('run-1', [{ type: 'run.started' }, { type: 'run.cancelled', by: 'Ada' }])
    const { run } = await serve([stream(cancelled)])
    await expect(run.result()).rejects.toMatchObject({ status: 'cancelled', message: 'The run run-1 was cancelled.' })
  })
})

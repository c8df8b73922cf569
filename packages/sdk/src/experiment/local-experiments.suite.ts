import type { Exposure, Observation, TestConfiguration, TestEvent } from '@fairlead/core/experiment'
import { Connection } from '../connection.ts'
import { settled, testClock } from '../test-clock.suite.ts'
import type { GivenTest } from '../testing/index.ts'
import { testConfiguration } from '../testing/index.ts'
import { localExperiments } from './local-experiments.ts'
import type { LocalExperimentsOptions } from './options.ts'

interface Sent {
  exposures: Exposure[]
  observations: Observation[]
}

export const tone: GivenTest = {
  key: 'tone',
  variants: [{ name: 'plain' }, { name: 'warm', payload: { style: 'warm' } }],
}

/** A control plane that says what a test wants, and keeps what it is told. */
export function controlPlane(tests: readonly GivenTest[] = [tone]) {
  let revision = 1
  let configuration = testConfiguration(tests)
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>()
  const plane = {
    asked: [] as string[],
    batches: [] as Sent[],
    requests: [] as RequestInit[],
    streams,
    leftAside: [] as { pointer: string; reason: string }[],
    /** What it does instead of answering, or before. */
    trouble: undefined as
      | ((path: string, init: RequestInit) => Response | undefined | Promise<Response | undefined>)
      | undefined,
    change(tests: readonly GivenTest[]) {
      revision++
      configuration = testConfiguration(tests)
    },
    say(text: string) {
      for (const stream of streams) stream.enqueue(new TextEncoder().encode(text))
    },
    tell(event: TestEvent) {
      plane.say(`data: ${JSON.stringify(event)}\n\n`)
    },
    cut() {
      for (const stream of streams) stream.error(new Error('cut'))
      streams.clear()
    },
    async fetch(url: string, init: RequestInit): Promise<Response> {
      const path = new URL(url).pathname.replace('/api/v1/', '')
      const troubled = await plane.trouble?.(path, init)
      if (troubled) return troubled
      if (path === 'ab-test-changes') return openStream(streams, init)
      if (path === 'ab-test-events') {
        plane.requests.push(init)
        plane.batches.push(JSON.parse(String(init.body)))
        return Response.json({ leftAside: plane.leftAside })
      }
      const tag = new Headers(init.headers).get('If-None-Match')
      plane.asked.push(tag ?? 'all')
      const headers = { ETag: `"${revision}"` }
      if (tag === headers.ETag) return new Response(null, { status: 304, headers })
      return Response.json(configuration, { headers })
    },
  }
  return plane
}

function openStream(streams: Set<ReadableStreamDefaultController<Uint8Array>>, { signal }: RequestInit): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      streams.add(controller)
      signal?.addEventListener('abort', () => streams.delete(controller) && controller.error(signal.reason))
    },
  })
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
}

export const bootstrap: TestConfiguration = testConfiguration([tone])

export function setup(options: LocalExperimentsOptions = {}, plane = controlPlane()) {
  const clock = testClock()
  const errors: Error[] = []
  const drops: number[] = []
  const told = { onError: (error: Error) => errors.push(error), onDrop: (count: number) => drops.push(count) }
  const connection = new Connection({ baseUrl: 'http://plane.test', apiKey: 'key', fetch: plane.fetch as typeof fetch })
  const experiments = localExperiments(connection, { ...told, ...options }, clock.surroundings)
  return { plane, clock, experiments, errors, drops }
}

/** Evaluation alone: it has its configuration, and only sends. */
export function setupAlone(options: LocalExperimentsOptions = {}, plane = controlPlane()) {
  return setup({ bootstrap: structuredClone(bootstrap), events: false, ...options }, plane)
}

export { settled }

import type { PromptContent, PromptEvent } from '@fairlead/core/prompt'
import type { LocalExperiments } from '../../experiment/index.ts'
import { testClock } from '../../test-clock.suite.ts'
import { Transport } from '../../transport.ts'
import { PromptDelivery } from './delivery.ts'
import type { PromptDeliveryOptions, PromptStore } from './options.ts'

interface Said {
  content: PromptContent
  version?: number
  references?: { promptId: string; key: string; versionId: string; versionNumber: number; label: string | null }[]
}

/** A control plane that says what a test wants, and counts what it was asked. */
function controlPlane() {
  const prompts = new Map<string, Said>()
  const asked: string[] = []
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>()
  const plane = {
    prompts,
    asked,
    streams,
    /** What it does instead of answering. */
    trouble: undefined as (() => Response | Promise<Response>) | undefined,
    /** Its next answer is what it says of a prompt now, and comes when the returned function is called; `next` is its trouble then. */
    hold(name: string, next?: () => Response): () => void {
      const gate = Promise.withResolvers<void>()
      plane.trouble = async () => {
        plane.trouble = undefined
        const early = await plane.fetch(`http://plane.test/api/v1/prompts/${name}/resolved`)
        plane.trouble = next
        await gate.promise
        return early
      }
      return gate.resolve
    },
    tell(event: PromptEvent) {
      for (const stream of streams) stream.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`))
    },
    cut() {
      for (const stream of streams) stream.error(new Error('cut'))
      streams.clear()
    },
    async fetch(url: string | URL | Request, init?: RequestInit): Promise<Response> {
      const { pathname, search } = new URL(String(url))
      if (plane.trouble) return plane.trouble()
      if (pathname.endsWith('/prompt-events')) {
        const stream = new ReadableStream<Uint8Array>({
          start(controller) {
            streams.add(controller)
            init?.signal?.addEventListener('abort', () => streams.delete(controller))
          },
        })
        return new Response(stream, { headers: { 'Content-Type': 'text/event-stream' } })
      }
      const [, name = ''] = /\/prompts\/([^/]+)\/resolved$/.exec(pathname) ?? []
      const tag = new Headers(init?.headers).get('If-None-Match')
      const said = prompts.get(name + search) ?? prompts.get(name)
      asked.push(`${name}${search}${tag === null ? '' : ` unless ${tag}`}`)
      if (!said) return problem(404, 'prompt.version_not_found')
      const { content, version = 1, references = [] } = said
      const etag = `"${version}-${references.map(({ versionNumber }) => versionNumber).join('-')}"`
      if (tag === etag) return new Response(null, { status: 304, headers: { ETag: etag } })
      const body = {
        ...{ promptId: `id-${name}`, key: name, versionId: `v${version}`, versionNumber: version },
        ...{ commitHash: String(version), content, references },
      }
      return Response.json(body, { headers: { ETag: etag } })
    },
  }
  return plane
}

export function problem(status: number, code: string, headers: Record<string, string> = {}) {
  const body = { type: 'about:blank', title: code, status, code, detail: `It is ${code}.`, requestId: 'r' }
  return Response.json(body, { status, headers })
}

export function storeOf(entries: Record<string, string> = {}): PromptStore & { entries: Map<string, string> } {
  const kept = new Map(Object.entries(entries))
  return {
    entries: kept,
    getItem: async (key) => kept.get(key) ?? null,
    setItem: async (key, value) => kept.set(key, value),
    removeItem: async (key) => kept.delete(key),
  }
}

export function setup(
  options: PromptDeliveryOptions = {},
  plane = controlPlane(),
  experiments: () => Promise<LocalExperiments> = () => Promise.reject(new Error('There are no tests here.')),
) {
  const clock = testClock()
  const transport = new Transport(
    { baseUrl: 'http://plane.test', apiKey: 'key', fetch: plane.fetch as typeof fetch, maxRetries: 0 },
    clock.surroundings,
  )
  const errors: Error[] = []
  const all = { onError: (error: Error) => errors.push(error), events: false, ...options }
  const delivery = new PromptDelivery(transport, all, experiments, clock.surroundings)
  const textOf = async (name: string, ...rest: [Parameters<PromptDelivery['get']>[1]?]) => {
    const { messages, origin } = await delivery.get(name, rest[0] ?? {})
    return [messages.map(({ content }) => content).join('|'), origin]
  }
  return { plane, clock, delivery, errors, textOf }
}

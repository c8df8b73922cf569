// @vitest-environment happy-dom
import type { RunEvent, RunEventBody } from '@fairlead/core/workflow'
import { act, createElement, Fragment, StrictMode } from 'react'
import type { Root } from 'react-dom/client'
import { createRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RunView } from './run-store.ts'
import { useRunState } from './use-run-state.ts'

let root: Root
let views: RunView[]

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
  root = createRoot(document.createElement('div'))
  views = []
})
afterEach(async () => {
  await act(async () => root.unmount())
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

test('shows what the events so far add up to, and that the stream has ended', async () => {
  const source = new Source()
  await show(source)
  expect(latest()).toMatchObject({ state: { status: 'queued' }, stream: 'open' })

  await after(() => source.send(started))
  expect(latest()).toMatchObject({ state: { status: 'running', lastSeq: 1 }, stream: 'open' })

  await after(() => {
    source.send(completed)
    source.end()
  })
  expect(latest()).toMatchObject({ state: { status: 'completed', output: { a: 1 } }, stream: 'ended' })
})

test('opens one stream in strict mode and loses nothing', async () => {
  const source = new Source()
  source.send(started)
  await act(async () => root.render(createElement(StrictMode, null, createElement(Viewer, { source }))))
  await after(() => source.send(completed))
  expect(source.opened).toBe(1)
  expect(latest().state).toMatchObject({ status: 'completed', lastSeq: 2 })
})

test('shares one stream between the components that show a run', async () => {
  const source = new Source()
  const viewers = ['canvas', 'timeline'].map((key) => createElement(Viewer, { key, source }))
  await act(async () => root.render(createElement(Fragment, null, viewers)))
  views = []
  await after(() => source.send(started))
  expect(source.opened).toBe(1)
  expect(views).toHaveLength(2)
  expect(views[0]).toBe(views[1])
})

test('renders a burst of events once', async () => {
  const source = new Source()
  await show(source)
  views = []
  await after(() => {
    source.send(started)
    for (let done = 1; done <= 1_000; done++) source.send({ ...progress, done })
  })
  expect(views).toHaveLength(1)
  expect(latest().state.nodes.tickets?.progress.done).toBe(1_000)
})

test('closes the stream with its last component, and one that returns goes on where it was', async () => {
  const source = new Source()
  await show(source)
  await after(() => source.send(started))
  await show(null)
  expect(source.closed).toBe(1)
  await act(async () => source.send(waiting))
  expect(source.readsAfterClose).toBe(0)

  const more = new Source()
  await show(more)
  expect(latest().state.status).toBe('queued')

  source.send(completed)
  await show(source)
  await after(() => undefined)
  expect(source.opened).toBe(2)
  expect(latest().state).toMatchObject({ status: 'completed', lastSeq: 3 })
})

test('leaves a finished stream alone, and still knows it when a component returns', async () => {
  const source = new Source()
  await show(source)
  await after(() => {
    source.send(completed)
    source.end()
  })
  await show(null)
  await show(source)
  expect(latest()).toMatchObject({ state: { status: 'completed' }, stream: 'ended' })
  expect(source).toMatchObject({ opened: 1, closed: 0 })
})

test('shows what was received just before its last component left', async () => {
  const source = new Source()
  await show(source)
  await act(async () => source.send(started))
  await show(null)
  await show(source)
  expect(latest().state.status).toBe('running')
})

test('reports a source that throws beside what was known until then', async () => {
  const source = new Source()
  await show(source)
  const error = new Error('connection lost')
  await after(() => {
    source.send(started)
    source.fail(error)
  })
  expect(latest()).toMatchObject({ state: { status: 'running' }, stream: 'failed', error })
})

test('renders empty on a server and leaves the source alone', () => {
  const source = new Source()
  renderToString(createElement(Viewer, { source }))
  expect(latest()).toMatchObject({ state: { status: 'queued', lastSeq: 0 }, stream: 'open' })
  expect(source.opened).toBe(0)
})

const started: RunEventBody = { type: 'run.started' }
const waiting: RunEventBody = { type: 'run.waiting', addresses: [] }
const completed: RunEventBody = { type: 'run.completed', output: { a: 1 } }
const progress = { type: 'node.progress', address: 'tickets', nodeId: 'tickets', nodeType: 'parallel' } as const

function Viewer({ source }: { source: Source | null }) {
  views.push(useRunState(source))
  return null
}

function latest(): RunView {
  return views.at(-1)!
}

function show(source: Source | null): Promise<void> {
  return act(async () => root.render(createElement(Viewer, { source })))
}

/** Lets a frame pass after something happened to a source. */
function after(happening: () => void): Promise<void> {
  return act(async () => {
    happening()
    await vi.advanceTimersToNextTimerAsync()
  })
}

/** A run's events under the test's hand: every iteration gets all that were sent, as a server that resumes a stream. */
class Source implements AsyncIterable<RunEvent> {
  opened = 0
  closed = 0
  readsAfterClose = 0
  readonly #sent: RunEvent[] = []
  #over: { error?: Error } | null = null
  #wake = Promise.withResolvers<void>()

  send(body: RunEventBody): void {
    this.#sent.push({ ...body, runId: 'run', seq: this.#sent.length + 1, at: '2026-01-01T00:00:00Z' })
    this.#rouse()
  }

  end(): void {
    this.#over = {}
    this.#rouse()
  }

  fail(error: Error): void {
    this.#over = { error }
    this.#rouse()
  }

  [Symbol.asyncIterator](): AsyncIterator<RunEvent> {
    this.opened++
    let next = 0
    let open = true
    return {
      next: async () => {
        if (!open) this.readsAfterClose++
        while (next >= this.#sent.length && !this.#over) await this.#wake.promise
        if (next < this.#sent.length) return { done: false, value: this.#sent[next++]! }
        if (this.#over?.error) throw this.#over.error
        return { done: true, value: undefined }
      },
      return: async () => {
        open = false
        this.closed++
        return { done: true, value: undefined }
      },
    }
  }

  #rouse(): void {
    this.#wake.resolve()
    this.#wake = Promise.withResolvers()
  }
}

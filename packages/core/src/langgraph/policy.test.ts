import { getEventListeners } from 'node:events'
import { Annotation, START, StateGraph } from '@langchain/langgraph'
import { describe, expect, it } from 'vitest'
import { compileWorkflow } from './compile.ts'
import type { ToolContext } from './sources.ts'
import { branches, failureOf, listening, loop, map, tool, workflow } from './workflow-builder.suite.ts'

const retry = { maxAttempts: 3, initialIntervalMs: 1, backoffFactor: 2 }
const one = (policies: Parameters<typeof tool>[3], rest: Parameters<typeof workflow>[2] = {}) =>
  workflow([tool('work', 'value', {}, policies)], [], { outputs: { value: 'value' }, ...rest })

/** Fails so many times, then tells which attempt it is. */
function flaky(failures: number, failure: () => unknown = () => new Error('not yet')) {
  const seen: number[] = []
  const work = (_: unknown, { attempt }: ToolContext) => {
    seen.push(attempt)
    if (seen.length <= failures) throw failure()
    return attempt
  }
  return { seen, work }
}

describe('retries', () => {
  it('are counted, announced with their delay, and keep the idempotency key', async () => {
    const keys = new Set<string>()
    const { seen, work } = flaky(2)
    const { config, events } = listening('run-7')
    const tools = {
      work: (input: unknown, context: ToolContext) => {
        keys.add(context.idempotencyKey)
        return work(input, context)
      },
    }
    expect(await compileWorkflow(one({ retry }), { tools }).invoke({}, config)).toEqual({ value: 3 })
    expect(seen).toEqual([1, 2, 3])
    expect([...keys]).toEqual(['run-7:work'])
    const retries = events.filter((event) => event.type === 'node.retrying')
    expect(retries).toMatchObject([
      { attempt: 1, delayMs: 1, error: { message: 'not yet' } },
      { attempt: 2, delayMs: 2 },
    ])
    expect(events.at(-1)).toMatchObject({ type: 'node.completed', attempt: 3, output: 3 })
  })

  it('end with the last failure when they are used up', async () => {
    const { seen, work } = flaky(9)
    expect(await failureOf(compileWorkflow(one({ retry }), { tools: { work } }).invoke({}))).toMatchObject({
      name: 'NodeFailure',
      message: 'The run failed at "work": not yet',
      error: { code: 'node.failed', message: 'not yet', nodeId: 'work', address: 'work' },
    })
    expect(seen).toEqual([1, 2, 3])
  })

  it('are not spent on what stays wrong: a refusal by HTTP status, an unknown tool, an expression that cannot be evaluated', async () => {
    const refused = flaky(9, () => Object.assign(new Error('bad request'), { status: 400 }))
    const failure = await failureOf(compileWorkflow(one({ retry }), { tools: { work: refused.work } }).invoke({}))
    expect([failure.code, refused.seen]).toEqual(['http.400', [1]])

    const busy = flaky(1, () => Object.assign(new Error('too many'), { status: 429 }))
    expect(await compileWorkflow(one({ retry }), { tools: { work: busy.work } }).invoke({})).toEqual({ value: 2 })

    const { config, lines } = listening()
    await failureOf(compileWorkflow(one({ retry, toolId: 'missing' })).invoke({}, config))
    expect(lines()).toEqual(['work node.started', 'work node.failed'])
  })

  it('come before the policy for failures, in walked bodies, too', async () => {
    const document = workflow(
      [
        map('each', { items: '[1, 2]', result: 'value', outputVariable: 'all', bodyNodes: ['work'] }),
        tool('work', 'value', {}, { retry, onError: 'continue' }),
      ],
      ['each.body work'],
      { variables: { value: { schema: true, default: 'none' } }, outputs: { all: 'all' } },
    )
    const { seen, work } = flaky(4)
    const { all } = await compileWorkflow(document, { tools: { work } }).invoke({})
    expect(seen).toHaveLength(6)
    expect(all).toEqual([3, 3])
  })
})

describe('a timeout', () => {
  const never = () => new Promise<never>(() => {})

  it('fails the attempt, tells the tool, and is worth another try', async () => {
    const reasons: unknown[] = []
    const work = (_: unknown, { signal, attempt }: ToolContext) => {
      if (attempt > 1) return 'at last'
      signal.addEventListener('abort', () => reasons.push((signal.reason as { code: string }).code))
      return never()
    }
    const graph = compileWorkflow(one({ retry, timeoutMs: 5 }), { tools: { work } })
    expect(await graph.invoke({})).toEqual({ value: 'at last' })
    expect(reasons).toEqual(['node.timeout'])
  })

  it('says what helps: more time, or for what is slow only now and then a retry', async () => {
    const failure = await failureOf(compileWorkflow(one({ timeoutMs: 5 }), { tools: { work: never } }).invoke({}))
    expect(failure.message).toBe(
      'The run failed at "work": The node "work" took longer than 5 ms. Raise timeoutMs if it needs that long; where it is slow only now and then, "retry" helps.',
    )
  })

  it('abandons a tool that does not listen: what it gives later is dropped', async () => {
    let finish: (value: string) => void = () => {}
    const graph = compileWorkflow(one({ timeoutMs: 5, onError: 'continue' }, { outputs: {} }), {
      tools: { work: () => new Promise<string>((resolve) => (finish = resolve)) },
    })
    const { config, lines } = listening()
    await graph.invoke({}, config)
    finish('too late')
    await new Promise((resolve) => setImmediate(resolve))
    expect(lines()).toEqual(['work node.started', 'work node.failed'])
  })
})

describe('an abort', () => {
  const nested = workflow(
    [
      branches('both', ['again', 'each']),
      loop('again', 2, 'loop.index < 9', ['inLoop']),
      tool('inLoop', 'a', {}, { toolId: 'work', retry }),
      map('each', {
        items: '[1, 2, 3]',
        result: 'b',
        outputVariable: 'all',
        bodyNodes: ['inMap'],
        onItemError: 'collect',
      }),
      tool('inMap', 'b', {}, { toolId: 'work', retry }),
    ],
    ['both.body again', 'both.body each', 'again.body inLoop', 'each.body inMap'],
  )

  it('reaches every tool, however deep; no policy takes it and nothing is tried again', async () => {
    const controller = new AbortController()
    const started: string[] = []
    const stopped: string[] = []
    const work = (_: unknown, { signal, address }: ToolContext) => {
      started.push(address)
      if (started.length === 4) queueMicrotask(() => controller.abort(new Error('stop')))
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          stopped.push(address)
          reject(new Error('interrupted'))
        })
      })
    }
    const { config, lines } = listening()
    const graph = compileWorkflow(nested, { tools: { work } })
    await failureOf(graph.invoke({}, { ...config, signal: controller.signal }))
    await new Promise((resolve) => setImmediate(resolve))
    expect(stopped.sort()).toEqual(started.sort())
    expect(started).toHaveLength(4)
    expect(lines().filter((line) => /failed|retrying|completed/.test(line))).toEqual([])
  })

  it('leaves no listeners on the signal of a host but the one that LangGraph itself leaves per run', async () => {
    const bare = new StateGraph(Annotation.Root({ n: Annotation<number>() }))
      .addNode('one', () => ({ n: 1 }))
      .addEdge(START, 'one')
      .compile()
    const left = async (graph: { invoke(input: object, config: object): Promise<unknown> }) => {
      const { signal } = new AbortController()
      for (let run = 0; run < 5; run++) await graph.invoke({}, { signal })
      await new Promise((resolve) => setImmediate(resolve))
      return getEventListeners(signal, 'abort').length
    }
    const graph = compileWorkflow(nested, { tools: { work: async () => 1 } })
    expect(await left(graph)).toBeLessThanOrEqual(await left(bare))
  })

  it('leaves none behind on the signals that tools are given', async () => {
    const signals = new Set<AbortSignal>()
    const work = async (_: unknown, { signal }: ToolContext) => {
      signals.add(signal)
    }
    await compileWorkflow(nested, { tools: { work } }).invoke({}, { signal: new AbortController().signal })
    expect([...signals].flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([])
  })
})

describe('a failure in one branch', () => {
  const work = (_: unknown, { nodeId, signal }: ToolContext) => {
    if (nodeId === 'fails') throw Object.assign(new Error('broken'), { status: 500 })
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
      if (nodeId === 'after') resolve('after')
    })
  }
  const forked = (onError: 'fail' | 'continue' | 'route') =>
    workflow(
      [
        branches('both', ['fails', 'waits'], onError === 'fail' ? {} : { onError }),
        tool('fails', 'a', {}, { toolId: 'work' }),
        tool('waits', 'b', {}, { toolId: 'work' }),
        tool('after', 'c', {}, { toolId: 'work' }),
        ...(onError === 'route' ? [tool('why', 'd', { it: 'error' }, { toolId: 'pass' })] : []),
      ],
      ['both.body fails', 'both.body waits', 'both.done after', ...(onError === 'route' ? ['both.error why'] : [])],
      {
        variables: { c: { schema: true, default: null }, d: { schema: true, default: null } },
        outputs: { c: 'c', d: 'd' },
      },
    )
  const tools = { work, pass: ({ it }: { it: unknown }) => it }

  it('stops the others at once, whoever takes it', async () => {
    const failure = await failureOf(compileWorkflow(forked('fail'), { tools }).invoke({}))
    expect(failure).toMatchObject({ code: 'http.500', error: { address: 'both[0]/fails' } })
    expect(await compileWorkflow(forked('continue'), { tools }).invoke({})).toEqual({ c: 'after', d: null })
    expect(await compileWorkflow(forked('route'), { tools }).invoke({})).toEqual({
      c: null,
      d: { code: 'http.500', message: 'broken', nodeId: 'fails', address: 'both[0]/fails' },
    })
  })

  it('is announced with what becomes of it', async () => {
    for (const onError of ['fail', 'continue', 'route'] as const) {
      const { config, events } = listening()
      await compileWorkflow(forked(onError), { tools })
        .invoke({}, config)
        .catch(() => {})
      const failed = events.filter((event) => event.type === 'node.failed')
      expect(failed).toMatchObject([
        { address: 'both[0]/fails', handling: onError },
        { address: 'both', handling: onError },
      ])
    }
  })
})

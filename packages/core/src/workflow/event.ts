import { endedInside } from './container-end.ts'
import type { NodeType, Workflow } from './document-schema.ts'
import type { InterruptRequest, ModelCall, RunError, RunEvent, RunStatus, TokenUsage } from './run-schema.ts'

/** `cancelled`: it was still at work, or waiting for an answer, when the run or a container around it ended. */
export type NodeStatus = 'running' | 'retrying' | 'waiting' | 'completed' | 'failed' | 'cancelled'

/** The execution of a node at one address. Times are RFC 3339 UTC. */
export interface NodeState {
  nodeId: string
  nodeType: NodeType
  status: NodeStatus
  /** Counts executions of this address, from 1. */
  attempt: number
  startedAt: string
  finishedAt: string | null
  durationMs: number | null
  output?: unknown
  /** Of a failure, also of one that is being retried. */
  error: RunError | null
  /** A loop's pass, counted from 0; the finished items or branches of a parallel node out of a total. */
  progress: { pass: number | null; done: number | null; total: number | null }
  calls: readonly ModelCall[]
}

/** All executions of one node together: what a canvas colours. */
export interface NodeSummary {
  nodeType: NodeType
  /** What needs attention first: waiting, retrying, running, failed, cancelled, completed. */
  status: NodeStatus
  counts: Readonly<Record<NodeStatus, number>>
}

/** A question that the run waits on. */
export interface PendingQuestion {
  address: string
  nodeId: string
  request: InterruptRequest
  since: string
}

/** All that the events of a run tell. */
export interface RunState {
  /** Null before the first event. */
  runId: string | null
  status: RunStatus
  /** By address. */
  nodes: Readonly<Record<string, NodeState>>
  /** By node id. */
  byNode: Readonly<Record<string, NodeSummary>>
  interrupts: readonly PendingQuestion[]
  output: Record<string, unknown> | null
  error: RunError | null
  usage: TokenUsage
  costNanoUsd: number
  startedAt: string | null
  finishedAt: string | null
  /** The `seq` of the last event folded in; 0 before the first. */
  lastSeq: number
}

const noUsage: TokenUsage = {
  inputTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
}

const nothingYet: RunState = {
  runId: null,
  status: 'queued',
  nodes: {},
  byNode: {},
  interrupts: [],
  output: null,
  error: null,
  usage: noUsage,
  costNanoUsd: 0,
  startedAt: null,
  finishedAt: null,
  lastSeq: 0,
}

const byUrgency: readonly NodeStatus[] = ['waiting', 'retrying', 'running', 'failed', 'cancelled', 'completed']
const active: ReadonlySet<NodeStatus> = new Set(['waiting', 'retrying', 'running'])

/**
 * What a run's events add up to. Pure: `initial` is not changed, and folding in pieces gives what folding at once gives.
 * Events come in the order of `seq`; one that was folded in before is ignored, so a stream may be resumed with overlap.
 */
export function foldRunEvents(events: Iterable<RunEvent>, initial: RunState = nothingYet): RunState {
  const fold = new Fold(initial)
  for (const event of events) fold.add(event)
  return fold.state()
}

/** The nodes that a finished run never reached, in document order; empty while it is not finished. */
export function skippedNodes(workflow: Pick<Workflow, 'nodes'>, state: RunState): string[] {
  if (state.finishedAt === null) return []
  return workflow.nodes.map((node) => node.id).filter((nodeId) => !Object.hasOwn(state.byNode, nodeId))
}

/** One call of `foldRunEvents`: copies the state once, however many events follow. */
class Fold {
  readonly #run: Omit<RunState, 'nodes' | 'byNode' | 'interrupts'>
  readonly #nodes: Map<string, NodeState>
  readonly #byNode: Map<string, NodeSummary>
  readonly #questions: Map<string, PendingQuestion>
  /** The addresses of `#nodes` that are under way: few, however long the run is. */
  readonly #active: Set<string>

  constructor({ nodes, byNode, interrupts, ...run }: RunState) {
    this.#run = { ...run }
    this.#nodes = new Map(Object.entries(nodes))
    this.#byNode = new Map(Object.entries(byNode))
    this.#questions = new Map(interrupts.map((question) => [question.address, question]))
    this.#active = new Set([...this.#nodes].flatMap(([address, { status }]) => (active.has(status) ? [address] : [])))
  }

  state(): RunState {
    return {
      ...this.#run,
      nodes: Object.fromEntries(this.#nodes),
      byNode: Object.fromEntries(this.#byNode),
      interrupts: [...this.#questions.values()],
    }
  }

  add(event: RunEvent): void {
    if (event.seq <= this.#run.lastSeq) return
    this.#run.lastSeq = event.seq
    this.#run.runId = event.runId
    switch (event.type) {
      case 'run.started':
        this.#run.status = 'running'
        this.#run.startedAt = event.at
        break
      case 'run.resumed':
        this.#run.status = 'running'
        break
      case 'run.waiting':
        this.#run.status = 'waiting'
        break
      case 'run.completed':
        this.#end(event.at, 'completed')
        this.#run.output = event.output
        break
      case 'run.failed':
        this.#end(event.at, 'failed')
        this.#run.error = event.error
        break
      case 'run.cancelled':
        this.#end(event.at, 'cancelled')
        break
      default:
        this.#addNodeEvent(event)
    }
  }

  #addNodeEvent(event: Extract<RunEvent, { address: string }>): void {
    const known = this.#nodes.get(event.address) ?? newNode(event)
    switch (event.type) {
      case 'node.started':
        this.#put(event.address, {
          ...known,
          status: 'running',
          attempt: event.attempt,
          startedAt: event.at,
          finishedAt: null,
          durationMs: null,
          error: null,
          progress: { pass: null, done: null, total: event.total ?? null },
        })
        break
      case 'node.progress': {
        const { pass, done, total } = known.progress
        this.#put(event.address, {
          ...known,
          progress: { pass: event.pass ?? pass, done: event.done ?? done, total: event.total ?? total },
        })
        break
      }
      case 'node.retrying':
        this.#account(event, { ...known, status: 'retrying', attempt: event.attempt, error: event.error })
        break
      case 'node.waiting': {
        const { address, nodeId, request, at } = event
        this.#put(address, { ...known, status: 'waiting' })
        this.#questions.set(address, { address, nodeId, request, since: at })
        break
      }
      case 'node.completed': {
        const { attempt, durationMs, at } = event
        const output = event.output === undefined ? {} : { output: event.output }
        this.#finish(event, {
          ...known,
          status: 'completed',
          attempt,
          finishedAt: at,
          durationMs,
          error: null,
          ...output,
        })
        break
      }
      case 'node.failed': {
        const { attempt, durationMs, error, at } = event
        this.#finish(event, { ...known, status: 'failed', attempt, finishedAt: at, durationMs, error })
        break
      }
    }
  }

  #finish(event: EndOfAttempt, node: NodeState): void {
    this.#account(event, node)
    this.#questions.delete(event.address)
    const inside = endedInside(event)
    if (inside !== null) this.#cutOff(inside, event.at)
  }

  /** What was under way inside a container when it ended will not be heard of again: a failure beside it ended it. */
  #cutOff(inside: string, at: string): void {
    for (const address of this.#active) {
      if (!address.startsWith(inside)) continue
      this.#put(address, { ...this.#nodes.get(address)!, status: 'cancelled', finishedAt: at })
      this.#questions.delete(address)
    }
  }

  /** The state after an attempt, with what its model calls used. */
  #account(event: EndOfAttempt, node: NodeState): void {
    const calls = event.calls ?? []
    this.#put(event.address, { ...node, calls: [...node.calls, ...calls] })
    for (const call of calls) {
      this.#run.usage = addUsage(this.#run.usage, call.usage)
      this.#run.costNanoUsd += call.costNanoUsd ?? 0
    }
  }

  #end(at: string, status: RunStatus): void {
    this.#run.status = status
    this.#run.finishedAt = at
    this.#questions.clear()
    this.#cutOff('', at)
  }

  #put(address: string, node: NodeState): void {
    const before = this.#nodes.get(address)?.status
    this.#nodes.set(address, node)
    if (active.has(node.status)) this.#active.add(address)
    else this.#active.delete(address)
    const counts = { ...(this.#byNode.get(node.nodeId)?.counts ?? zeroCounts()) }
    if (before !== undefined) counts[before] -= 1
    counts[node.status] += 1
    const status = byUrgency.find((candidate) => counts[candidate] > 0) ?? node.status
    this.#byNode.set(node.nodeId, { nodeType: node.nodeType, status, counts })
  }
}

type EndOfAttempt = Extract<RunEvent, { type: 'node.retrying' | 'node.completed' | 'node.failed' }>

function newNode({ nodeId, nodeType, at }: Extract<RunEvent, { address: string }>): NodeState {
  return {
    nodeId,
    nodeType,
    status: 'running',
    attempt: 1,
    startedAt: at,
    finishedAt: null,
    durationMs: null,
    error: null,
    progress: { pass: null, done: null, total: null },
    calls: [],
  }
}

function zeroCounts(): Record<NodeStatus, number> {
  return { waiting: 0, retrying: 0, running: 0, failed: 0, cancelled: 0, completed: 0 }
}

/** The sum of two usages, class by class. */
export function addUsage(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
  }
}

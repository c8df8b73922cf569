import { Command, INTERRUPT, MemorySaver } from '@langchain/langgraph'
import fc from 'fast-check'
import { arbitraryPrompts, arbitraryTools } from '../workflow/arbitrary-catalog.suite.ts'
import type { JournalEntry, RunError, TimedEvent, Workflow } from '../workflow/index.ts'
import type { WorkflowRuntime } from './compile.ts'
import { compileWorkflow } from './compile.ts'
import type { Journal, RunContext } from './context.ts'
import { NodeFailure } from './failure.ts'
import type { ReferenceHost, ReferenceRun } from './reference-interpreter.suite.ts'

/* Runs generated workflows, as the compiler builds them, in the same small world that the reference interpreter has. */

const at = '2026-01-01T00:00:00.000Z'

/** The world of generated workflows: pure tools, a model that answers by rule, people who decide by address. */
export const generatedHost: ReferenceHost = {
  tool: (toolId, input) => arbitraryTools.find(({ id }) => id === toolId)!.run(input),
  prompt: (promptId) =>
    Object.entries(arbitraryPrompts).find(([key], at) => [key, `prompt-${at}`].includes(promptId))![1].text,
  model: (prompt) =>
    prompt.startsWith('Judge')
      ? JSON.stringify({ score: prompt.length / 10, label: prompt.length % 2 ? 'high' : 'low', ok: prompt.length > 20 })
      : `about ${prompt.slice(0, 14)}`,
  answer: (address) => ({ choice: weight(address) % 2 ? 'yes' : 'no', values: { reason: 'so' }, by: 'someone', at }),
}

/** A journal in memory that can be filled before. */
export class MemoryJournal implements Journal {
  readonly entries = new Map<string, JournalEntry>()
  readonly events: TimedEvent[] = []

  read(address: string): JournalEntry | undefined {
    return this.entries.get(address)
  }

  async settled(): Promise<void> {}

  record(entry: JournalEntry, events: readonly TimedEvent[]): void {
    if (this.entries.has(entry.address)) throw new Error(`recorded twice: ${entry.address}`)
    this.entries.set(entry.address, entry)
    this.events.push(...events)
  }
}

/** Answers the questions of a run before they are asked, as a control plane does that has the answers on record. */
export class AnsweringJournal extends MemoryJournal {
  readonly #humans: ReadonlySet<string>

  constructor(workflow: Workflow) {
    super()
    this.#humans = new Set(workflow.nodes.filter(({ type }) => type === 'human').map(({ id }) => id))
  }

  override read(address: string): JournalEntry | undefined {
    const nodeId = address.slice(address.lastIndexOf('/') + 1)
    if (!this.#humans.has(nodeId)) return super.read(address)
    const output = generatedHost.answer(address)
    return { address, nodeId, status: 'completed', output, attempts: 1, startedAt: at, finishedAt: at }
  }
}

/** Tools and models that take a few turns of the event loop, differing by address, so that side by side means mixed. */
function generatedRuntime(called: (address: string) => void = () => {}): WorkflowRuntime {
  const tools = Object.fromEntries(
    arbitraryTools.map(({ id }) => [
      id,
      async (input: Record<string, unknown>, { address }: { address: string }) => {
        called(address)
        await turns(weight(address) % 4)
        return generatedHost.tool(id, input)
      },
    ]),
  )
  const prompts = Object.fromEntries(
    ['summarize', 'judge', 'prompt-0', 'prompt-1'].map((id) => [id, generatedHost.prompt(id)]),
  )
  const models = {
    default: async (messages: { content: string }[]) => {
      await turns(messages.at(-1)!.content.length % 3)
      return generatedHost.model(messages.at(-1)!.content)
    },
  }
  return { tools, prompts, models, validated: true }
}

/** Runs a workflow whose questions are answered on record, and tells what came of it in the reference's terms. */
export async function runGenerated(
  workflow: Workflow,
  input: Record<string, unknown>,
  journal: MemoryJournal = new AnsweringJournal(workflow),
  called?: (address: string) => void,
): Promise<ReferenceRun> {
  return observe(
    journal,
    (config) => compileWorkflow(workflow, generatedRuntime(called)).invoke(input, config),
    workflow,
  )
}

/**
 * Runs a workflow without a memory of ours: its questions are answered one resume after the other, in the order that the
 * dice say, each time by a graph compiled anew that finds only LangGraph's last checkpoint.
 */
export async function runByResuming(
  workflow: Workflow,
  input: Record<string, unknown>,
  dice: readonly number[],
  onWaiting: (addresses: string[]) => void = () => {},
): Promise<ReferenceRun> {
  const runtime = { ...generatedRuntime(), checkpointer: new MemorySaver() }
  const ask = async (config: ObserveConfig) => {
    let given: Record<string, unknown> | Command = input
    for (let turn = 0; ; turn++) {
      const state = await compileWorkflow(workflow, runtime).invoke(given, { ...config, durability: 'exit' })
      const open = (state?.[INTERRUPT] ?? []) as { id: string; value: { address: string } }[]
      if (open.length === 0) return state
      onWaiting(open.map(({ value }) => value.address))
      // Most turns answer one question, some answer two.
      const count = 1 + ((dice[turn % dice.length] ?? 0) % 5 === 0 ? 1 : 0)
      const chosen = Array.from(
        { length: count },
        (_, more) => open[((dice[(turn + more) % dice.length] ?? 0) >> 3) % open.length]!,
      )
      const answers = chosen.map(({ id, value }) => [id, generatedHost.answer(value.address)])
      given = new Command({ resume: Object.fromEntries(answers) })
    }
  }
  return observe(undefined, ask, workflow)
}

interface ObserveConfig {
  configurable: Record<string, unknown>
  outputKeys: string[]
}

async function observe(
  journal: MemoryJournal | undefined,
  run: (config: ObserveConfig) => Promise<Record<string, unknown>>,
  workflow: Workflow,
): Promise<ReferenceRun> {
  const events: TimedEvent[] = []
  const emit = (event: TimedEvent) => events.push(event)
  const fairlead: RunContext = { runId: 'run', emit, ...(journal && { journal }) }
  let state: Record<string, unknown> | null = null
  let error: RunError | null = null
  try {
    // The whole state, to be compared: without `outputKeys` there would be the outputs only.
    state = await run({ configurable: { thread_id: 'run', fairlead }, outputKeys: namesOf(workflow) })
  } catch (thrown) {
    error = thrown instanceof NodeFailure ? thrown.error : { code: (thrown as { code: string }).code, message: '' }
    if (error.code === undefined) throw thrown
  }
  const entries = [...(journal?.entries ?? [])].map(
    ([address, { status, output, error }]) =>
      [address, status === 'failed' ? { status, error: error! } : { status, output }] as const,
  )
  const lines = [...events, ...(journal?.events ?? [])].flatMap(lineOf)
  return { state, error, journal: new Map(entries), events: lines, cut: [], unawaited: [], isRace: false }
}

function namesOf({ inputs, variables, outputs }: Workflow): string[] {
  return [...new Set([inputs, variables, outputs].flatMap((names) => Object.keys(names)))]
}

/** An event as the reference writes it; nothing for what the reference does not count. */
function lineOf(event: TimedEvent): { address: string; line: string }[] {
  if (!('address' in event)) return []
  const { address, nodeType } = event
  const isLeaf = nodeType === 'tool' || nodeType === 'prompt'
  const line = (text: string) => [{ address, line: `${address} ${text}` }]
  switch (event.type) {
    case 'node.started':
      return line(event.total === undefined ? 'started' : `started ${event.total}`)
    case 'node.progress':
      return event.pass === undefined ? [] : line(`pass ${event.pass}`)
    case 'node.retrying':
      return line(`retrying #${event.attempt} ${event.error.code}`)
    case 'node.completed':
      return line(
        isLeaf ? `completed #${event.attempt}` : nodeType === 'condition' ? `completed ${event.output}` : 'completed',
      )
    case 'node.failed':
      return line(`failed${isLeaf ? ` #${event.attempt}` : ''} ${event.handling} ${event.error.code}`)
    case 'node.waiting':
      return line('waiting')
  }
}

/**
 * The workflow with a person in the body of each map whom no path leads to: nothing changes but that its bodies are
 * graphs, where they would be walked otherwise.
 */
export function withoutWalking(workflow: Workflow): Workflow {
  const copy = structuredClone(workflow)
  for (const { id, type, data } of workflow.nodes) {
    if (type !== 'parallel' || data.config.mode !== 'map') continue
    const nodeId = `nobody-${id}`
    const container = copy.nodes.find((node) => node.id === id)!
    if (container.type === 'parallel') container.data.config.bodyNodes.push(nodeId)
    const config = { message: '?', choices: [{ id: 'yes', label: 'Yes' }], outputVariable: 'approval' }
    copy.nodes.push({ id: nodeId, type: 'human', position: { x: 0, y: 0 }, data: { label: nodeId, config } })
  }
  return copy
}

/** The workflow with policies for failures on its containers and conditions, as the dice say. */
export function withPolicies(workflow: Workflow, dice: readonly number[]): Workflow {
  const copy = structuredClone(workflow)
  for (const [position, node] of copy.nodes.entries()) {
    if (node.type !== 'loop' && node.type !== 'parallel' && node.type !== 'condition') continue
    const roll = (dice[position % dice.length] ?? 0) % 4
    if (roll === 1) node.data.onError = 'continue'
    if (roll === 2) node.data.onError = 'route'
    if (node.type === 'loop' && roll === 3) node.data.config.onLimit = 'fail'
  }
  return copy
}

/** The workflow with one branch more in some of its parallel nodes, as the dice say: one that always fails. */
export function withRefusals(workflow: Workflow, dice: readonly number[]): Workflow {
  const copy = structuredClone(workflow)
  for (const [position, { id, type, data }] of workflow.nodes.entries()) {
    if (type !== 'parallel' || data.config.mode !== 'branches') continue
    if ((dice[position % dice.length] ?? 0) % 8 < 4) continue
    const nodeId = `refuse-${id}`
    const container = copy.nodes[position]!
    if (container.type === 'parallel') container.data.config.bodyNodes.push(nodeId)
    const config = { toolId: 'refuse', inputMapping: { text: "'too long'" }, outputVariable: 'body' }
    copy.nodes.push({ id: nodeId, type: 'tool', position: { x: 0, y: 0 }, data: { label: nodeId, config } })
    copy.edges.push({ id: `to-${nodeId}`, source: id, sourceHandle: 'body', target: nodeId })
  }
  return copy
}

export const arbitraryPolicies: fc.Arbitrary<number[]> = fc.array(fc.nat(0xff), { minLength: 8, maxLength: 24 })

function weight(text: string): number {
  let sum = 7
  for (let index = 0; index < text.length; index++) sum = (sum * 31 + text.charCodeAt(index)) % 9973
  return sum
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

import type { RunnableConfig } from '@langchain/core/runnables'
import { INTERRUPT } from '@langchain/langgraph'
import type { TimedEvent, Workflow, WorkflowNode } from '../workflow/index.ts'
import { validateWorkflow } from '../workflow/index.ts'

/* Short ways to write workflows down and to run them, for the compiler's tests. */

type Policies = Partial<Pick<WorkflowNode['data'], 'onError' | 'retry' | 'timeoutMs'>>
type Config<Type extends WorkflowNode['type']> = Extract<WorkflowNode, { type: Type }>['data']['config']

function node<Type extends WorkflowNode['type']>(
  id: string,
  type: Type,
  config: Config<Type>,
  policies: Policies = {},
) {
  return { id, type, position: { x: 0, y: 0 }, data: { label: id, config, ...policies } } as WorkflowNode
}

/** A tool node named after its tool unless told otherwise. */
export function tool(
  id: string,
  outputVariable: string,
  inputMapping: Record<string, string> = {},
  { toolId = id, ...policies }: Policies & { toolId?: string } = {},
): WorkflowNode {
  return node(id, 'tool', { toolId, inputMapping, outputVariable }, policies)
}

export function prompt(id: string, config: Config<'prompt'>, policies?: Policies): WorkflowNode {
  return node(id, 'prompt', config, policies)
}

export function human(id: string, outputVariable: string, more: Partial<Config<'human'>> = {}): WorkflowNode {
  const choices = [
    { id: 'yes', label: 'Yes' },
    { id: 'no', label: 'No' },
  ]
  return node(id, 'human', { message: 'Go on?', choices, outputVariable, ...more })
}

/** Targets are read off the edges. */
export function condition(id: string, expression: string, policies?: Policies): WorkflowNode {
  return node(id, 'condition', { expression, trueTarget: 'end', falseTarget: 'end' }, policies)
}

export function loop(
  id: string,
  maxIterations: number,
  whileTrue: string,
  bodyNodes: string[],
  { onLimit, ...policies }: Policies & Pick<Config<'loop'>, 'onLimit'> = {},
): WorkflowNode {
  const limit = onLimit === undefined ? {} : { onLimit }
  return node(id, 'loop', { maxIterations, condition: whileTrue, bodyNodes, ...limit }, policies)
}

export function branches(
  id: string,
  bodyNodes: string[],
  { concurrency, ...policies }: Policies & { concurrency?: number } = {},
): WorkflowNode {
  return node(id, 'parallel', { mode: 'branches', bodyNodes, ...(concurrency && { concurrency }) }, policies)
}

type MapConfig = Extract<Config<'parallel'>, { mode: 'map' }>

export function map(
  id: string,
  config: Omit<MapConfig, 'mode' | 'itemVariable'> & { itemVariable?: string },
  policies?: Policies,
): WorkflowNode {
  return node(id, 'parallel', { mode: 'map', itemVariable: 'item', ...config }, policies)
}

/** A valid workflow. An edge is written `from target` or `from.handle target`. */
export function workflow(
  nodes: WorkflowNode[],
  edges: string[],
  rest: Partial<Pick<Workflow, 'name' | 'inputs' | 'variables' | 'outputs'>> = {},
): Workflow {
  const drawn = edges.map((text, index) => {
    const space = text.indexOf(' ')
    const [from, target] = [text.slice(0, space), text.slice(space + 1)]
    const [source = '', sourceHandle] = from.split('.')
    return { id: `e${index}`, source, ...(sourceHandle && { sourceHandle }), target }
  })
  for (const { id, type, data } of nodes) {
    if (type !== 'condition') continue
    const targetOf = (handle: string) =>
      drawn.find((edge) => edge.source === id && edge.sourceHandle === handle)?.target
    data.config.trueTarget = targetOf('true') ?? 'end'
    data.config.falseTarget = targetOf('false') ?? 'end'
  }
  const written = Object.fromEntries(nodes.flatMap(writtenBy).map((name) => [name, { schema: true as const }]))
  const { name = 'Test', inputs = {}, variables = {}, outputs = {} } = rest
  const whole: Workflow = {
    formatVersion: 1,
    name,
    inputs,
    variables: { ...written, ...variables },
    outputs,
    nodes,
    edges: drawn,
  }
  const errors = validateWorkflow(whole).filter(({ severity }) => severity === 'error')
  if (errors.length > 0)
    throw new Error(errors.map(({ code, path, message }) => `${code} ${path}: ${message}`).join('\n'))
  return whole
}

function writtenBy({ data: { config } }: WorkflowNode): string[] {
  return 'outputVariable' in config ? [config.outputVariable] : []
}

/** The questions that a result waits for: LangGraph's id by our address. */
export function openQuestions(result: Record<string, unknown>): Record<string, string> {
  const interrupts = (result[INTERRUPT] ?? []) as { id: string; value: { address: string } }[]
  return Object.fromEntries(interrupts.map(({ id, value }) => [value.address, id]))
}

/** A configuration that collects the events of a run. */
export function listening(thread = 'thread'): { config: RunnableConfig; events: TimedEvent[]; lines: () => string[] } {
  const events: TimedEvent[] = []
  const fairlead = { runId: thread, emit: (event: TimedEvent) => events.push(event) }
  const lines = () => events.map((event) => ('address' in event ? `${event.address} ${event.type}` : event.type))
  return { config: { configurable: { thread_id: thread, fairlead } }, events, lines }
}

/** What a run rejects with; fails when it does not. */
export async function failureOf(run: Promise<unknown>): Promise<{ code?: string; message: string; name: string }> {
  try {
    await run
  } catch (error) {
    return error as { code?: string; message: string; name: string }
  }
  throw new Error('the run was expected to fail, and did not')
}

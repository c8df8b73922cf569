import { styleText } from 'node:util'
import type { NodeStatus, RunState, Workflow } from '@fairlead/core/workflow'

type Style = Parameters<typeof styleText>[0]

const signs: Record<NodeStatus | 'idle', { sign: string; style: Style }> = {
  idle: { sign: '·', style: 'dim' },
  running: { sign: '●', style: 'cyan' },
  retrying: { sign: '↻', style: 'yellow' },
  waiting: { sign: '◆', style: 'magenta' },
  completed: { sign: '✔', style: 'green' },
  failed: { sign: '✘', style: 'red' },
  cancelled: { sign: '–', style: 'dim' },
}

/** The whole run as lines: a bar, then each node of the workflow under its container. */
export function renderRun(
  workflow: Workflow,
  state: RunState,
  { now, columns }: { now: number; columns: number },
): string {
  const rows = tree(workflow).map(({ node, depth }) => {
    const { status, text } = summarise(state, node.id)
    const { sign, style } = signs[status]
    const label = `${'  '.repeat(depth)}${styleText(style, sign)} ${node.data.label}`
    const width = 34 + (label.length - visibleLength(label))
    return `  ${label.padEnd(width)}${styleText('dim', node.type.padEnd(11))}${text}`
  })
  return [`  ${bar(state)}  ${totals(state, now)}`, '', ...rows].map((row) => clip(row, columns)).join('\n')
}

/** Cost, tokens and time in one phrase. */
function totals(state: RunState, now: number): string {
  const { inputTokens, cachedTokens, outputTokens, reasoningTokens } = state.usage
  const tokens = inputTokens + cachedTokens + outputTokens + reasoningTokens
  return `${duration(elapsedMs(state, now))} · ${tokens.toLocaleString('en')} tokens · ${dollars(state.costNanoUsd)}`
}

/** Since the run started, until it ended; in ms. */
export function elapsedMs({ startedAt, finishedAt }: RunState, now: number): number {
  if (startedAt === null) return 0
  return (finishedAt === null ? now : Date.parse(finishedAt)) - Date.parse(startedAt)
}

export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`
  const minutes = Math.floor(milliseconds / 60_000)
  if (minutes < 60) return `${minutes} min ${Math.floor((milliseconds % 60_000) / 1000)} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export function dollars(nanoUsd: number): string {
  return `$${(nanoUsd / 1e9).toFixed(nanoUsd < 1e7 ? 5 : 2)}`
}

function tree(workflow: Workflow): { node: Workflow['nodes'][number]; depth: number }[] {
  const parent = new Map<string, string>()
  for (const { id, data } of workflow.nodes) {
    if ('bodyNodes' in data.config) for (const child of data.config.bodyNodes) parent.set(child, id)
  }
  const depthOf = (id: string): number => {
    const container = parent.get(id)
    return container === undefined ? 0 : 1 + depthOf(container)
  }
  return workflow.nodes.map((node) => ({ node, depth: depthOf(node.id) }))
}

function summarise(state: RunState, nodeId: string): { status: NodeStatus | 'idle'; text: string } {
  const summary = state.byNode[nodeId]
  if (!summary) return { status: 'idle', text: '' }
  const { status, counts } = summary
  const executions = Object.values(state.nodes).filter((node) => node.nodeId === nodeId)
  if (status === 'waiting') return { status, text: styleText('magenta', 'waits for an answer') }
  if (status === 'failed') {
    return { status, text: styleText('red', executions.find((node) => node.error)?.error?.message ?? '') }
  }
  if (executions.length > 1) return { status, text: `${counts.completed} of ${executions.length}` }
  const { progress, durationMs } = executions[0]!
  if (progress.total !== null && status === 'running')
    return { status, text: `${progress.done ?? 0} of ${progress.total}` }
  return { status, text: durationMs === null ? '' : duration(durationMs) }
}

function bar(state: RunState): string {
  const all = Object.values(state.nodes)
  const done = all.filter((node) => node.status === 'completed').length
  const finished = state.status === 'completed'
  // The number of executions is known only as they start, so the bar fills up to the end when the run does.
  const share = finished ? 1 : all.length === 0 ? 0 : Math.min(0.95, done / (all.length + 3))
  const width = 28
  const full = Math.round(share * width)
  return `${styleText('green', '█'.repeat(full))}${styleText('dim', '░'.repeat(width - full))} ${done} steps`
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character.
const escapes = /\u001b\[[0-9;]*m/g

function visibleLength(text: string): number {
  return text.replace(escapes, '').length
}

function clip(row: string, columns: number): string {
  return visibleLength(row) <= columns ? row : `${row.replace(escapes, '').slice(0, columns - 1)}…`
}

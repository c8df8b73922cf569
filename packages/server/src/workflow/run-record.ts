import type { Interrupt, Run, RunSummary } from '@fairlead/core/workflow'
import type { InterruptRow, RunHeadRow, RunRow } from './run-store.ts'

export function toRunSummary(row: RunHeadRow): RunSummary {
  return {
    id: row.id,
    workflowId: row.workflow_id,
    workflowVersion: row.workflow_version,
    status: row.status,
    error: row.error as Run['error'],
    unit: row.unit,
    usage: {
      inputTokens: row.input_tokens,
      cachedTokens: row.cached_tokens,
      cacheWriteTokens: row.cache_write_tokens,
      outputTokens: row.output_tokens,
      reasoningTokens: row.reasoning_tokens,
    },
    costNanoUsd: row.cost_nano_usd,
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
  }
}

export function toRun(row: RunRow, interrupts: readonly InterruptRow[]): Run {
  return {
    ...toRunSummary(row),
    input: row.input as Run['input'],
    output: row.output as Run['output'],
    pins: row.pins as Run['pins'],
    attributes: row.attributes as Run['attributes'],
    interrupts: interrupts.map(toInterrupt),
  }
}

function toInterrupt(row: InterruptRow): Interrupt {
  return {
    address: row.address,
    nodeId: row.node_id,
    status: row.status,
    request: row.request as Interrupt['request'],
    answer: row.answer as Interrupt['answer'],
    createdAt: row.created_at.toISOString(),
    answeredAt: row.answered_at?.toISOString() ?? null,
  }
}

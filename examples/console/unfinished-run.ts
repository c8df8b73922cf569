import type { RunSummary } from '@fairlead/core/workflow'
import type { Workflows } from '@fairlead/sdk'

/** The newest run of a workflow that has not ended: what an earlier start left, however it was stopped. */
export async function unfinishedRun(workflows: Workflows, workflowId: string): Promise<RunSummary | undefined> {
  const statuses = ['queued', 'running', 'waiting'] as const
  const pages = await Promise.all(statuses.map((status) => workflows.runs(workflowId, { status, limit: 1 }).page()))
  const newestFirst = pages
    .flatMap(({ data }) => data)
    .sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
  return newestFirst[0]
}

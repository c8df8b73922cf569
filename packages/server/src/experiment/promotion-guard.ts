import type { Metric } from '@fairlead/core/experiment'
import { mergeMoments, noUnits } from '@fairlead/core/experiment'
import type { UsageMeasure } from '../analytics/service.ts'
import { unitUsageSince } from '../analytics/service.ts'
import type { ScopedDb } from '../database/index.ts'
import type { Promoted, PromptVersions } from '../prompt/ports.ts'
import { readEvidence, strataOf } from './evidence-read.ts'
import { controlPlane, record } from './history.ts'
import type { RecordedLook } from './look-record.ts'
import { lookAtGuardrail } from './look-service.ts'
import type { TestRow } from './test-store.ts'
import { listHistoryOf } from './test-store.ts'

/** What the promotion of a test's winner moved, and when. */
export interface RecordedPromotion extends Promoted {
  promptId: string
  at: Date
}

/** What can be measured of runs after a test as it was in it. */
const measures: readonly string[] = ['success', 'latency_ms', 'tokens', 'cost_usd'] satisfies UsageMeasure[]

/**
 * Looks whether a promoted winner is worse in use than the control was in the test, by the test's guardrails, as far as
 * Fairlead measures them itself. Answers those that got worse.
 */
export async function lookAfterPromotion(
  db: ScopedDb,
  row: TestRow,
  promoted: RecordedPromotion,
  versions: PromptVersions,
): Promise<string[]> {
  const guardrails = (row.metrics as Metric[]).filter(
    ({ name, role, model }) => role === 'guardrail' && model !== 'quantile' && measures.includes(name),
  )
  // A merge may have made a version of its own of what was tested.
  const version = await versions.findVersion(db, promoted.promptId, { version: promoted.to })
  if (guardrails.length === 0 || !version) return []
  const usage = await unitUsageSince(db, version.id, promoted.at)
  if (usage.size === 0) return []
  const evidence = await readEvidence(db, row)
  const past = (await pastGuards(db, row.id)).flat()
  const looks = guardrails.map((metric) => {
    const control = strataOf(evidence, metric.name).reduce((sum, [arm]) => mergeMoments(sum, arm!), noUnits)
    const strata = [[control, usage.get(metric.name as UsageMeasure) ?? noUnits]]
    return lookAtGuardrail(metric, { guardrails: guardrails.length, strata, past })
  })
  await record(db, row, controlPlane, 'guarded', { looks })
  return looks.flatMap(({ metric, look }) => (look.arms.some(({ decision }) => decision === 'harmful') ? [metric] : []))
}

/** How the promotion of a winner stands: still to be made, watched in use, or over. */
export type PromotionState = { kind: 'missing' } | { kind: 'watched'; promoted: RecordedPromotion } | { kind: 'over' }

export async function promotionState(db: ScopedDb, row: TestRow): Promise<PromotionState> {
  const last = await db
    .selectFrom('ab_history')
    .select(['action', 'data', 'at'])
    .where('test_id', '=', row.id)
    .where('action', 'in', ['promoted', 'promotion_refused', 'rolled_back'])
    .orderBy('seq', 'desc')
    .executeTakeFirst()
  if (!last) return { kind: 'missing' }
  if (last.action !== 'promoted') return { kind: 'over' }
  return { kind: 'watched', promoted: { ...(last.data as Omit<RecordedPromotion, 'at'>), at: last.at } }
}

async function pastGuards(db: ScopedDb, testId: string) {
  const rows = await listHistoryOf(db, testId, 'guarded')
  return rows.map(({ data }) => (data as { looks: RecordedLook['guardrails'] }).looks)
}

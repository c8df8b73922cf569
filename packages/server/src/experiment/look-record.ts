import type { GuardrailLook, Look, LookRecord, StoppingRule, Strata } from '@fairlead/core/experiment'
import { sql } from 'kysely'
import type { ScopedDb } from '../database/index.ts'
import type { assignedUnits } from './evidence-read.ts'
import type { VariantRow } from './test-store.ts'

/** One look as it stands in the history: all that it was taken from, so that it can be taken again. */
export interface RecordedLook {
  rule: StoppingRule
  evidence: { strata: Strata; contenders: number[]; assigned: ReturnType<typeof assignedUnits> }
  look: Look
  guardrails: { metric: string; strata: Strata; look: GuardrailLook }[]
}

/** What a look came to. */
export interface Decision {
  outcome: 'continue' | 'winner' | 'futile' | 'harmful'
  winnerVariantId: string | null
  /** Guardrails that got worse, and by which variant. */
  harm: { metric: string; variantId: string }[]
}

/** A look as the ones after it are judged by it: without what it saw. */
export type PastLook = Pick<RecordedLook, 'look' | 'guardrails'> & { decision: Decision }

export function toLookRecord(
  { look }: Pick<RecordedLook, 'look'>,
  decision: Decision,
  variants: readonly VariantRow[],
): LookRecord {
  const { fraction, expectedEvents, units, reasons, conditionalPower, sampleRatio, logThreshold } = look
  const nameOf = (variantId: string) => variants.find(({ id }) => id === variantId)!.name
  return {
    look: look.look,
    ...decision,
    winnerVariantName: decision.winnerVariantId && nameOf(decision.winnerVariantId),
    harm: decision.harm.map((one) => ({ ...one, variantName: nameOf(one.variantId) })),
    reasons: [...reasons],
    fraction,
    expectedEvents,
    units: variants.map(({ id, name }, place) => ({ variantId: id, variantName: name, units: units[place] ?? 0 })),
    pairs: look.pairs.map(({ arm, other, z, boundary, logEValues }) => ({
      variantId: variants[arm]!.id,
      variantName: variants[arm]!.name,
      otherVariantId: variants[other]!.id,
      otherVariantName: variants[other]!.name,
      z,
      boundary,
      logEValues: logEValues && [...logEValues],
    })),
    logThreshold,
    conditionalPower: conditionalPower && [...conditionalPower],
    logSampleRatio: sampleRatio,
  }
}

/** Looks in the order in which they were taken, the last ones if not all are wanted. */
export async function pastLooks(db: ScopedDb, testId: string, last?: number): Promise<PastLook[]> {
  let query = db
    .selectFrom('ab_history')
    // Without the evidence: a look is judged by the ones before it, not by what they saw.
    .select(sql<RecordedLook['look']>`data -> 'look'`.as('look'))
    .select(sql<RecordedLook['guardrails']>`data -> 'guardrails'`.as('guardrails'))
    .select(sql<Decision>`data -> 'decision'`.as('decision'))
    .where('test_id', '=', testId)
    .where('action', '=', 'look')
    .orderBy('seq', 'desc')
  if (last !== undefined) query = query.limit(last)
  return (await query.execute()).reverse()
}

/** What the last look of a test came to; null before the first. */
export async function lastDecision(db: ScopedDb, testId: string): Promise<Decision | null> {
  const [last] = await pastLooks(db, testId, 1)
  return last?.decision ?? null
}

/** Null before the first. */
export async function lastLook(
  db: ScopedDb,
  testId: string,
  variants: readonly VariantRow[],
): Promise<LookRecord | null> {
  const [last] = await pastLooks(db, testId, 1)
  return last ? toLookRecord(last, last.decision, variants) : null
}

import { FairleadError } from '@fairlead/core/base'
import type { LookRecord, Metric, Stopping, StoppingRule, Strata } from '@fairlead/core/experiment'
import { takeGuardrailLook, takeLook } from '@fairlead/core/experiment'
import type { Database, ScopedDb } from '../database/index.ts'
import type { TestEvidence } from './evidence-read.ts'
import { assignedUnits, comparedOf, readEvidence, strataOf } from './evidence-read.ts'
import type { By } from './history.ts'
import { record } from './history.ts'
import type { Decision, PastLook, RecordedLook } from './look-record.ts'
import { pastLooks, toLookRecord } from './look-record.ts'
import type { ResultService } from './result-service.ts'
import { requireTest } from './test-service.ts'
import * as store from './test-store.ts'

/** What all guardrails of a test may err together. */
const guardrailAlpha = 0.05
/** How much worse than its margin a guardrail is to be seen best. */
const guardrailEffect = 0.1

/** Looks at running tests by the rules that they were started with; each one is kept with all that it saw. */
export class LookService {
  readonly #database: Database
  readonly #results: ResultService

  constructor(database: Database, results: ResultService) {
    this.#database = database
    this.#results = results
  }

  /**
   * Throws `experiment.invalid_transition` for a test that does not run, and `experiment.looks_are_planned` where looks are
   * taken at times that nobody chooses, for whatever reason.
   */
  take(organizationId: string, by: By, idOrKey: string): Promise<LookRecord> {
    return this.#database.withOrganization(organizationId, async (db) => {
      const row = await store.lockTest(db, (await requireTest(db, idOrKey)).id)
      if (row.status === 'draft' || row.status === 'completed') throw notRunning(row)
      if ((row.stopping as Stopping).mode === 'planned_looks') throw planned(row)
      return (await this.takeIn(db, row, by)).record
    })
  }

  /** The same for a test that the caller holds. */
  async takeIn(db: ScopedDb, row: store.TestRow, by: By): Promise<{ record: LookRecord; decision: Decision }> {
    const evidence = await readEvidence(db, row)
    const before = await pastLooks(db, row.id)
    const taken = judge(row, evidence, before)
    const decision = decide(taken, evidence)
    await record(db, row, by, 'look', { ...taken, decision })
    await this.#results.snapshot(db, row, evidence)
    return { record: toLookRecord(taken, decision, evidence.variants), decision }
  }
}

/** Takes a look from what was recorded of it; the same bytes come out. */
function judge(row: store.TestRow, evidence: TestEvidence, before: readonly PastLook[]): RecordedLook {
  const primary = evidence.metrics.find(({ role }) => role === 'primary')!
  const rule = ruleOf(row.stopping as Stopping, primary)
  const seen = {
    strata: strataOf(evidence, primary.name),
    contenders: comparedOf(evidence),
    assigned: assignedUnits(evidence),
  }
  const guardrails = evidence.metrics.filter(({ role, model }) => role === 'guardrail' && model !== 'quantile')
  return {
    rule,
    evidence: seen,
    look: takeLook(
      rule,
      before.map(({ look }) => look),
      seen,
    ),
    guardrails: guardrails.map((metric) => {
      const strata = strataOf(evidence, metric.name)
      const past = before.flatMap((one) => one.guardrails)
      return lookAtGuardrail(metric, { guardrails: guardrails.length, strata, past })
    }),
  }
}

function decide({ look, guardrails }: RecordedLook, evidence: TestEvidence): Decision {
  const { variants } = evidence
  const harm = guardrails.flatMap(({ metric, look: guard }) =>
    guard.arms.flatMap(({ arm, decision }) =>
      decision === 'harmful' ? [{ metric, variantId: variants[arm]!.id }] : [],
    ),
  )
  const winner = look.winner === null ? null : variants[look.winner]!.id
  const isHarmed = winner !== null && harm.some(({ variantId }) => variantId === winner)
  if (harm.length > 0 && (winner === null || isHarmed)) return { outcome: 'harmful', winnerVariantId: null, harm }
  // Whoever drops variants as they look chooses whom the control must beat, though not who must beat the control.
  if (look.winner === 0 && comparedOf(evidence).length < variants.length)
    return { outcome: 'continue', winnerVariantId: null, harm }
  return { outcome: look.decision, winnerVariantId: winner, harm }
}

type GuardrailRecord = RecordedLook['guardrails'][number]

/** Looks at one of several guardrails, which err together as often as one may; the control is the first arm. */
export function lookAtGuardrail(
  metric: Metric,
  { guardrails, strata, past }: { guardrails: number; strata: Strata; past: readonly GuardrailRecord[] },
): GuardrailRecord {
  const rule = {
    alpha: guardrailAlpha / guardrails,
    model: modelOf(metric),
    lowerIsBetter: metric.lowerIsBetter,
    margin: metric.margin,
    effect: guardrailEffect,
    control: 0,
  }
  const before = past.filter((one) => one.metric === metric.name).map(({ look }) => look)
  return { metric: metric.name, strata, look: takeGuardrailLook(rule, before, strata) }
}

/** The rule that a test is judged by. */
export function ruleOf(stopping: Stopping, primary: Metric): StoppingRule {
  const { alpha, effect, minimumUnits, maximumLoss } = stopping
  const every = {
    alpha,
    effect,
    minimumUnits,
    maximumLoss,
    model: modelOf(primary),
    lowerIsBetter: primary.lowerIsBetter,
  }
  if (stopping.mode === 'always_valid') return { mode: 'always_valid', ...every }
  return { mode: 'planned_looks', ...every, horizon: stopping.horizon, futility: stopping.futility }
}

/** What decides is compared by means over units, whatever distribution is shown of it. */
function modelOf({ model }: Metric): StoppingRule['model'] {
  return model === 'proportion' || model === 'count' ? model : 'mean'
}

function notRunning({ key, status }: store.TestRow): FairleadError {
  const message = `The test "${key}" is ${status}: looks are taken while it runs.`
  return new FairleadError('experiment.invalid_transition', message, { data: { status, transition: 'look' } })
}

function planned({ key }: store.TestRow): FairleadError {
  const message = `The test "${key}" looks at times that were planned: a look that somebody takes because of what was seen would break what it promises. The results can be read at any time.`
  return new FairleadError('experiment.looks_are_planned', message)
}

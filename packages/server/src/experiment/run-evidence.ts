import type { AbTestEvents, Metric } from '@fairlead/core/experiment'
import type { PromptPin } from '@fairlead/core/workflow'
import type { VariantUsage } from '../analytics/service.ts'
import { findExecution, usageOfVariants } from '../analytics/service.ts'
import type { Database, DatabaseLogger, OutboxRow, ScopedDb } from '../database/index.ts'
import { isTransient } from '../database/index.ts'
import type { RunFinder, RunOutcome } from '../workflow/ports.ts'
import type { EvidenceService } from './evidence-service.ts'
import * as store from './test-store.ts'

type Exposure = AbTestEvents['exposures'][number]
type Observation = AbTestEvents['observations'][number]

export interface RunEvidenceParts {
  database: Database
  runs: RunFinder
  evidence: EvidenceService
  logger: DatabaseLogger
}

/** A variant that a run was assigned, and by what. */
interface Assigned {
  variantId: string
  testId: string
  epoch: number
  unit: string
}

/**
 * What finished runs and scores say of the variants that they were assigned: a consumer of the outbox. All that it
 * records has ids of its own, so that rows may be handed over again.
 */
export function createRunEvidence({ database, runs, evidence, logger }: RunEvidenceParts) {
  async function take(db: ScopedDb, { topic, payload }: OutboxRow): Promise<void> {
    const events =
      topic === 'run.finished' ? await ofRun(db, payload as FinishedRun) : await ofScore(db, payload as NewScore)
    if (events && events.exposures.length > 0) await evidence.recordIn(db, events)
  }

  async function ofRun(db: ScopedDb, { runId }: FinishedRun): Promise<AbTestEvents | undefined> {
    const run = await runs.outcome(db, runId)
    const assigned = run ? assignedIn(run) : []
    if (!run || assigned.length === 0) return undefined
    const usage = new Map((await usageOfVariants(db, runId)).map((one) => [one.variantId, one]))
    const shown = assigned.filter(({ variantId }) => usage.has(variantId))
    const observations = await Promise.all(
      shown.map(async (one) => {
        const metrics = await metricsOf(db, one.testId)
        return valuesOf(run, usage.get(one.variantId)!)
          .filter(([metric]) => metrics.has(metric))
          .map(([metric, value]) => observationOf(one, `run:${runId}`, metric, value))
      }),
    )
    return { exposures: shown.map(exposureOf), observations: observations.flat() }
  }

  async function ofScore(db: ScopedDb, score: NewScore): Promise<AbTestEvents | undefined> {
    const execution = score.executionId === null ? undefined : await findExecution(db, score.executionId)
    const runId = score.runId ?? execution?.run_id
    const run = runId == null ? undefined : await runs.outcome(db, runId)
    if (!run) return undefined
    const used = new Set((await usageOfVariants(db, runId!)).map(({ variantId }) => variantId))
    const shown = assignedIn(run).filter(
      ({ variantId }) => used.has(variantId) && (execution === undefined || execution.variant_id === variantId),
    )
    const metric = `score.${score.name}`
    const observations: Observation[] = []
    for (const one of shown) {
      if ((await metricsOf(db, one.testId)).has(metric))
        observations.push(observationOf(one, `score:${score.scoreId}`, metric, score.value))
    }
    return { exposures: shown.map(exposureOf), observations }
  }

  return {
    async handle(rows: readonly OutboxRow[]): Promise<void> {
      const told = rows.filter(({ topic }) => topic === 'run.finished' || topic === 'score.created')
      for (const row of told) {
        try {
          await database.withOrganization(row.organizationId, (db) => take(db, row))
        } catch (error) {
          // What the database can't do now is done later; a row that can't be used at all must not keep back the others.
          if (isTransient(error)) throw error
          logger.error({ err: error, topic: row.topic, key: row.key }, 'A run or score can be no evidence')
        }
      }
    },
  }
}

interface FinishedRun {
  runId: string
}

interface NewScore {
  scoreId: string
  runId: string | null
  executionId: string | null
  name: string
  value: number
}

function assignedIn({ pins }: RunOutcome): Assigned[] {
  const all = Object.values(pins).flatMap(({ variantId, assignment }: PromptPin) =>
    variantId !== null && assignment ? [{ variantId, ...assignment }] : [],
  )
  return [...new Map(all.map((one) => [one.variantId, one])).values()]
}

/** A run that somebody cancelled says nothing of how it would have ended. */
function valuesOf({ status }: RunOutcome, { latencyMs, tokens, costUsd }: VariantUsage): [string, number][] {
  const isOver = status === 'completed' || status === 'failed'
  return [
    ...(isOver ? [['success', status === 'completed' ? 1 : 0] as [string, number]] : []),
    ['latency_ms', latencyMs],
    ['tokens', tokens],
    ...(costUsd === null ? [] : [['cost_usd', costUsd] as [string, number]]),
  ]
}

async function metricsOf(db: ScopedDb, testId: string): Promise<Set<string>> {
  const test = await store.findTest(db, testId)
  return new Set(((test?.metrics ?? []) as Metric[]).map(({ name }) => name))
}

function exposureOf({ testId, unit, variantId, epoch }: Assigned): Exposure {
  return { test: testId, unit, variant: variantId, epoch }
}

function observationOf({ testId, unit }: Assigned, id: string, metric: string, value: number): Observation {
  return { id, test: testId, unit, metric, value }
}

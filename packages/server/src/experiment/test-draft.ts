import { FairleadError } from '@fairlead/core/base'
import type { NewAbTest } from '@fairlead/core/experiment'
import { compileTargeting } from '@fairlead/core/experiment'
import type { Insertable } from 'kysely'
import type { ScopedDb, Tables } from '../database/index.ts'
import type { PromptVersions } from '../prompt/ports.ts'
import { invalid } from './draft-check.ts'
import type { Targeting } from './test-record.ts'

type NewVariant = NewAbTest['variants'][number]
type TestColumns = Insertable<Tables['ab_tests']>

/** Turns what was written of a test into columns. Throws `experiment.invalid` with pointers, and `prompt.not_found`. */
export function columnsOf(written: Partial<NewAbTest>): Partial<TestColumns> {
  const { name, description, trafficPercentage, forced, endDate, startDate, label, unit, targeting, layer } = written
  return withoutUndefined({
    name,
    description,
    traffic_percentage: trafficPercentage,
    forced: forced && JSON.stringify(forced),
    end_date: endDate,
    start_date: startDate,
    label,
    unit,
    targeting: targeting === undefined ? undefined : targeting && JSON.stringify(compile(targeting)),
    ...(layer !== undefined && { layer_id: layer?.id ?? null, layer_percentage: layer && String(layer.percentage) }),
    metrics: written.metrics && JSON.stringify(written.metrics),
    stopping: written.stopping && JSON.stringify(written.stopping),
    bandit: jsonOf(written.bandit),
    bucketing: jsonOf(written.bucketing),
    promotion: jsonOf(written.promotion),
  })
}

/** The rows of variants, of which each is about the test's prompt unless it names another. */
export async function variantRows(
  db: ScopedDb,
  prompts: PromptVersions,
  test: { organization_id: string; id: string; prompt_id: string | null },
  variants: readonly NewVariant[],
  newId: () => string,
): Promise<Insertable<Tables['ab_variants']>[]> {
  const rows: Insertable<Tables['ab_variants']>[] = []
  for (const [position, variant] of variants.entries()) {
    const prompt_id = variant.prompt === undefined ? test.prompt_id : await requirePromptId(db, prompts, variant.prompt)
    const pointer = `/variants/${position}/ref`
    if (prompt_id === null && variant.ref) throw invalid([{ pointer, message: 'must go with a "prompt"' }])
    if (prompt_id !== null && !variant.ref)
      throw invalid([{ pointer, message: 'must name a version, a branch or a label of the prompt' }])
    rows.push({
      organization_id: test.organization_id,
      id: newId(),
      test_id: test.id,
      position,
      name: variant.name,
      prompt_id,
      ref: jsonOf(variant.ref),
      payload: jsonOf(variant.payload),
      traffic_weight: variant.trafficWeight,
    })
  }
  return rows
}

export async function requirePromptId(db: ScopedDb, prompts: PromptVersions, idOrKey: string): Promise<string> {
  const prompt = await prompts.findPrompt(db, idOrKey)
  if (!prompt) throw new FairleadError('prompt.not_found', `There is no prompt "${idOrKey}".`)
  return prompt.id
}

export function assertForced(forced: Readonly<Record<string, string>>, names: readonly string[]): void {
  const wrong = Object.entries(forced).find(([, name]) => !names.includes(name))
  if (!wrong) return
  const pointer = `/forced/${wrong[0].replaceAll('~', '~0').replaceAll('/', '~1')}`
  throw invalid([{ pointer, message: `names "${wrong[1]}", and the variants are ${names.join(', ')}` }])
}

/** A key out of a name; another one each time, where it is taken. */
export function keyFrom(name: string, attempt: number): string {
  const base =
    name
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 80)
      .replace(/^-+|-+$/g, '') || 'test'
  return attempt === 1 ? base : `${base}-${attempt}`
}

function compile(source: string): Targeting {
  const { rule, diagnostics } = compileTargeting(source)
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (rule !== null && errors.length === 0) return { source, rule }
  throw invalid(
    errors.map(({ message, hint, from }) => ({
      pointer: '/targeting',
      message: `at character ${from + 1}: ${message} ${hint}`,
    })),
  )
}

function jsonOf(value: unknown): string | null | undefined {
  return value === undefined ? undefined : value === null ? null : JSON.stringify(value)
}

function withoutUndefined<Columns extends object>(columns: Columns): Columns {
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined)) as Columns
}

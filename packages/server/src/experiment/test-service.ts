import { FairleadError } from '@fairlead/core/base'
import type { AbTest, AbTestChange, NewAbTest, Stopping } from '@fairlead/core/experiment'
import { createSlots, reweightSlots } from '@fairlead/core/experiment'
import type { ChangeFeed, Database, ScopedDb } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import type { PromptVersions } from '../prompt/ports.ts'
import { assertPlaces, assertPromotable, assertTimes, invalid } from './draft-check.ts'
import type { By } from './history.ts'
import { record } from './history.ts'
import { assertForced, columnsOf, keyFrom, requirePromptId, variantRows } from './test-draft.ts'
import type { ResolvedVariant } from './test-record.ts'
import { toTest } from './test-record.ts'
import * as store from './test-store.ts'

export interface TestServiceParts {
  database: Database
  prompts: PromptVersions
  changes: ChangeFeed
  newId: () => string
  /** 32 random bits. */
  newSeed: () => number
}

/** What may be changed once a test has started. */
const adjustable = new Set(['name', 'description', 'trafficPercentage', 'forced', 'endDate', 'weights', 'isKilled'])
/** What may be changed once it has come to its end. */
const lasting = new Set(['name', 'description', 'archived'])
const mostKeys = 100

/** Drawing up tests, reading and changing them. */
export class TestService {
  readonly #parts: TestServiceParts

  constructor(parts: TestServiceParts) {
    this.#parts = parts
  }

  /** Throws `experiment.invalid`, `experiment.key_taken`, `prompt.not_found` and `auth.forbidden`. */
  create(by: Principal, written: NewAbTest): Promise<AbTest> {
    const { prompts, newId, newSeed } = this.#parts
    const columns = columnsOf(written)
    const names = written.variants.map(({ name }) => name)
    if (written.promotion) assertMayPromote(by)
    assertForced(written.forced, names)
    assertTimes(written)
    assertPlaces(written.bucketing, names.length)
    return this.#within(by.organizationId, async (db) => {
      if (written.layer) await requireLayer(db, written.layer.id)
      const prompt_id = written.prompt === null ? null : await requirePromptId(db, prompts, written.prompt)
      const row = await insertUnderKey(db, written.key, written.name, {
        ...columns,
        organization_id: by.organizationId,
        id: newId(),
        name: written.name,
        prompt_id,
        seed: newSeed(),
        created_by: by.userId,
      })
      const variants = await variantRows(db, prompts, row, written.variants, newId)
      await assertPromotable(db, prompts, written.promotion, variants)
      await store.insertVariants(db, variants)
      await record(db, row, by, 'created', {})
      return this.read(db, row)
    })
  }

  get(organizationId: string, idOrKey: string): Promise<AbTest> {
    return this.#within(organizationId, async (db) => this.read(db, await requireTest(db, idOrKey)))
  }

  list(
    organizationId: string,
    filter: Omit<store.TestFilter, 'promptId'> & { prompt?: string | undefined },
    page: store.Keyset<string>,
  ): Promise<AbTest[]> {
    return this.#within(organizationId, async (db) => {
      const { prompt, ...rest } = filter
      const promptId = prompt === undefined ? undefined : await requirePromptId(db, this.#parts.prompts, prompt)
      return this.#readAll(db, await store.listTests(db, { ...rest, promptId }, page))
    })
  }

  history(organizationId: string, idOrKey: string, page: store.Keyset<number>): Promise<store.HistoryRow[]> {
    return this.#within(organizationId, async (db) => store.listHistory(db, (await requireTest(db, idOrKey)).id, page))
  }

  /**
   * Changes a test as its tag shows it. Throws `experiment.changed` when somebody else was faster, and
   * `experiment.started` for what stands by now.
   */
  update(by: Principal, idOrKey: string, tag: string, change: AbTestChange): Promise<AbTest> {
    return this.#within(by.organizationId, async (db) => {
      const found = await requireTest(db, idOrKey)
      const row = await store.lockTest(db, found.id)
      if (String(row.revision) !== tag) throw changed(await this.read(db, row))
      assertChangeable(row, change)
      assertMayChangePromoted(by, row, change)
      const updated = await this.#apply(db, row, change)
      await record(db, updated, by, 'changed', { change, epoch: updated.epoch })
      if (row.status !== 'draft') this.#parts.changes.announce(updated)
      return this.read(db, updated)
    })
  }

  /** A test with its variants, as they are now. */
  async read(db: ScopedDb, row: store.TestRow): Promise<AbTest> {
    return (await this.#readAll(db, [row]))[0]!
  }

  async #readAll(db: ScopedDb, rows: readonly store.TestRow[]): Promise<AbTest[]> {
    const variants = await store.listVariants(
      db,
      rows.map(({ id }) => id),
    )
    const resolved = await this.#resolve(db, variants)
    const byTest = Map.groupBy(resolved, ({ row }) => row.test_id)
    return rows.map((row) => toTest(row, byTest.get(row.id) ?? []))
  }

  async #resolve(db: ScopedDb, variants: readonly store.VariantRow[]): Promise<ResolvedVariant[]> {
    const { prompts } = this.#parts
    const versions = await prompts.loadVersions(
      db,
      variants.flatMap(({ version_id }) => version_id ?? []),
    )
    const refs = variants.flatMap((row) => {
      const [kind, name] = Object.entries(row.ref ?? {})[0] ?? []
      if (row.prompt_id === null || (kind !== 'branch' && kind !== 'label' && kind !== 'version')) return []
      return [{ id: row.id, promptId: row.prompt_id, kind, name: String(name) } as const]
    })
    const targets = await prompts.findTargets(db, refs)
    const now = new Map(refs.map(({ id }, at) => [id, targets[at]!]))
    return variants.map((row) => ({
      row,
      version: row.version_id === null ? null : (versions.get(row.version_id) ?? null),
      refHasMoved: row.version_id !== null && now.has(row.id) && now.get(row.id) !== row.version_id,
      refIsMissing: now.get(row.id) === null,
    }))
  }

  async #apply(db: ScopedDb, row: store.TestRow, change: AbTestChange): Promise<store.TestRow> {
    const { prompts, newId } = this.#parts
    const { weights, isKilled, archived, variants, prompt } = change
    const { layer } = change
    if (layer) await requireLayer(db, layer.id)
    assertDecidesAnytime(row, change)
    assertTimes(change, row)
    const columns = {
      ...columnsOf(change as Partial<NewAbTest>),
      ...(prompt !== undefined && { prompt_id: prompt && (await requirePromptId(db, prompts, prompt)) }),
      ...(isKilled !== undefined && { is_killed: isKilled }),
      ...(archived !== undefined && { archived_at: archived ? new Date() : null }),
    }
    const prompt_id = columns.prompt_id === undefined ? row.prompt_id : columns.prompt_id
    if (variants) {
      await store.deleteVariants(db, row.id)
      await store.insertVariants(db, await variantRows(db, prompts, { ...row, prompt_id }, variants, newId))
    }
    const now = await store.listVariants(db, [row.id])
    assertForced(
      change.forced ?? (row.forced as Record<string, string>),
      now.map(({ name }) => name),
    )
    if (['promotion', 'bucketing', 'variants'].some((field) => field in change)) {
      const { promotion = row.promotion, bucketing = row.bucketing } = change
      await assertPromotable(db, prompts, promotion as AbTest['promotion'], now)
      assertPlaces(bucketing as AbTest['bucketing'], now.length)
    }
    const epoch = weights ? await reweigh(db, row, now, weights) : row.epoch
    return store.updateTest(db, row.id, { ...columns, epoch })
  }

  #within<T>(organizationId: string, work: (db: ScopedDb) => Promise<T>): Promise<T> {
    return this.#parts.database.withOrganization(organizationId, work)
  }
}

/** Gives variants other weights; of a test that has started in a new epoch, moving the fewest slots. Answers the epoch. */
export async function reweigh(
  db: ScopedDb,
  row: store.TestRow,
  variants: readonly store.VariantRow[],
  weights: Readonly<Record<string, number>>,
): Promise<number> {
  for (const name of Object.keys(weights)) {
    if (variants.some((variant) => variant.id === name || variant.name === name)) continue
    const names = variants.map((variant) => variant.name).join(', ')
    throw invalid([
      { pointer: `/weights/${name}`, message: `is no variant of the test "${row.key}": they are ${names}` },
    ])
  }
  const given = new Map(Object.entries(weights))
  const next = variants.map(({ id, name, traffic_weight }) => given.get(id) ?? given.get(name) ?? traffic_weight)
  if (!next.some((weight) => weight > 0)) throw invalid([{ pointer: '/weights', message: 'must leave one above 0' }])
  for (const [at, variant] of variants.entries())
    await store.updateVariant(db, variant.id, { traffic_weight: next[at]! })
  const isSame = variants.every((variant, at) => variant.traffic_weight === next[at])
  if (row.epoch === 0 || isSame) return row.epoch
  const [current] = await store.currentEpochs(db, [row.id])
  return beginEpoch(db, row, next, reweightSlots(current!.slots, next))
}

/** Puts a table of weights into force. */
export async function beginEpoch(
  db: ScopedDb,
  row: store.TestRow,
  weights: readonly number[],
  slots: Uint8Array = createSlots(weights),
): Promise<number> {
  const epoch = row.epoch + 1
  const { organization_id, id } = row
  await store.insertEpoch(db, { organization_id, test_id: id, epoch, weights: JSON.stringify(weights), slots })
  return epoch
}

export async function requireTest(db: ScopedDb, idOrKey: string): Promise<store.TestRow> {
  const row = await store.findTest(db, idOrKey)
  if (!row) throw new FairleadError('experiment.not_found', `There is no A/B test "${idOrKey}".`)
  return row
}

async function requireLayer(db: ScopedDb, id: string): Promise<void> {
  const row = await db.selectFrom('ab_layers').select('id').where('id', '=', id).executeTakeFirst()
  if (!row) throw new FairleadError('experiment.layer_not_found', `There is no layer "${id}".`)
}

/** A key that was asked for must be free; one that is made from the name is made so that it is. */
async function insertUnderKey(
  db: ScopedDb,
  key: string | undefined,
  name: string,
  columns: Omit<Parameters<typeof store.insertTest>[1], 'key'>,
): Promise<store.TestRow> {
  for (let attempt = 1; attempt <= mostKeys; attempt++) {
    const row = await store.insertTest(db, { ...columns, key: key ?? keyFrom(name, attempt) })
    if (row) return row
    if (key !== undefined) break
  }
  const taken = key ?? keyFrom(name, mostKeys)
  throw new FairleadError('experiment.key_taken', `There is a test "${taken}" already. Choose another key.`, {
    data: { key: taken },
  })
}

function assertChangeable(row: store.TestRow, change: AbTestChange): void {
  const { key, status } = row
  if (status === 'draft') return
  if (change.archived && status !== 'completed') {
    const message = `The test "${key}" is ${status}: end it before you archive it.`
    throw new FairleadError('experiment.started', message, { data: { field: 'archived', status } })
  }
  const allowed = status === 'completed' ? lasting : adjustable
  const wrong = Object.keys(change).find((field) => !allowed.has(field))
  if (wrong === undefined) {
    assertEndIsPlanned(row, change)
    return
  }
  const message = `The test "${key}" is ${status}: "${wrong}" stands. What can be changed are ${[...allowed].join(', ')}.`
  throw new FairleadError('experiment.started', message, { data: { field: wrong, status } })
}

/** The end brings a look: whoever brought it forward would choose when to look by what was seen. */
function assertEndIsPlanned({ key, stopping, end_date }: store.TestRow, { endDate }: AbTestChange): void {
  if (!endDate || (stopping as Stopping).mode !== 'planned_looks') return
  if (end_date !== null && new Date(endDate) >= end_date) return
  const message = `The test "${key}" looks at times that were planned: its end can be put off, or taken away, and not brought forward. To end it now, stop it.`
  throw new FairleadError('experiment.looks_are_planned', message)
}

/** Whoever says what is promoted, or where to, plans the promotion. */
function assertMayChangePromoted(by: Principal, row: store.TestRow, change: AbTestChange): void {
  const { promotion = row.promotion } = change
  if (promotion && ['promotion', 'prompt', 'variants'].some((field) => field in change)) assertMayPromote(by)
}

/** What a test promotes it moves for whoever planned it, or chose the winner: they must be let move it themselves. */
export function assertMayPromote({ permissions }: By): void {
  const permission = 'prompt:write' as const
  if (!permissions || permissions.has(permission)) return
  const message = `What promotes a winner needs the permission "${permission}", which the credential does not have. Do it without "promotion", or ask somebody who has it.`
  throw new FairleadError('auth.forbidden', message, { data: { permission } })
}

/** A bandit's weights change with what was seen, so that only a rule which is valid at any time may decide. */
function assertDecidesAnytime(row: store.TestRow, change: AbTestChange): void {
  const bandit = change.bandit === undefined ? row.bandit : change.bandit
  const { mode } = change.stopping ?? (row.stopping as AbTest['stopping'])
  if (bandit === null || mode === 'always_valid') return
  throw invalid([{ pointer: '/bandit', message: 'must go with stopping mode "always_valid"' }])
}

function changed(current: AbTest): FairleadError {
  const message = 'The test has been changed since. Read it again and send its ETag.'
  return new FairleadError('experiment.changed', message, { data: { current, etag: String(current.revision) } })
}

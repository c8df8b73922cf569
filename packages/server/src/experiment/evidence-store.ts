import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { ScopedDb, Tables } from '../database/index.ts'
import { columnsOf } from './columns.ts'
import type { Departure } from './observation-store.ts'
import type { TestRow } from './test-store.ts'

/** A test that is held by the caller's transaction: what is done to its evidence is done one after the other. */
export interface HeldTest {
  organization_id: string
  id: string
}

export interface NewExposure {
  unit: string
  epoch: number
  variantId: string
  /** By metric. */
  covariates?: Readonly<Record<string, number>> | undefined
}

/** A unit that is in the analysis, or was until now. */
export interface AssignedUnit {
  unit: string
  variantId: string
  epoch: number
  isExcluded: boolean
  /** Whether it left because weights had changed, so that it is kept among those that crossed. */
  isCrossed: boolean
  /** By metric, what was known of the unit before. */
  covariates: Readonly<Record<string, number>> | null
}

/** Holds tests until the transaction ends, in one order, so that two batches never wait for each other. */
export async function holdTests(db: ScopedDb, ids: readonly string[]): Promise<TestRow[]> {
  return db.selectFrom('ab_tests').selectAll().where('id', 'in', ids).orderBy('id').forNoKeyUpdate().execute()
}

/**
 * Has every statement planned for what it is given, from here to the end of the transaction: a plan that was kept from
 * when a test was small goes through a large one row by row. Not for what is checked against foreign keys, since each row
 * is checked by a statement of its own.
 */
export async function planAnew(db: ScopedDb): Promise<void> {
  await sql`set local plan_cache_mode = force_custom_plan`.execute(db)
}

/** The first exposures of units, of those that are named. */
export async function findAssigned(db: ScopedDb, test: HeldTest, units: readonly string[]): Promise<AssignedUnit[]> {
  // Looked up one by one, for whatever a plan thinks: joined, all units of the test would be read to find these.
  const { rows } = await sql<AssignedRow>`
    select a.*
    from unnest(${units}::text[]) as u(session_id)
    cross join lateral (
      select session_id, variant_id, epoch, is_excluded, is_crossed, covariates from ab_assignments
      where organization_id = ${test.organization_id}::uuid and test_id = ${test.id}::uuid and session_id = u.session_id
      limit 1
    ) a`.execute(db)
  return rows.map(toAssigned)
}

/** Remembers exposures, each once. Answers those that were new. */
export async function insertExposures(
  db: ScopedDb,
  test: HeldTest,
  exposures: readonly NewExposure[],
): Promise<Pick<NewExposure, 'unit' | 'epoch' | 'variantId'>[]> {
  const list = columnsOf(exposures)
  const { rows } = await sql<{ unit: string; epoch: number; variantId: string }>`
    insert into ab_exposures (organization_id, test_id, session_id, epoch, variant_id)
    select ${test.organization_id}::uuid, ${test.id}::uuid, *
    from unnest(${list('unit')}::text[], ${list('epoch')}::int[], ${list('variantId')}::uuid[])
    on conflict do nothing
    returning session_id as unit, epoch, variant_id as "variantId"`.execute(db)
  return rows
}

/** Assigns units to what they were exposed to first; those that are assigned already stay where they are. */
export async function insertAssignments(db: ScopedDb, test: HeldTest, first: readonly NewExposure[]): Promise<void> {
  const list = columnsOf(first)
  const covariates = first.map((exposure) => exposure.covariates && JSON.stringify(exposure.covariates))
  await sql`
    with assigned as (
      insert into ab_assignments (organization_id, test_id, session_id, epoch, variant_id, covariates)
      select ${test.organization_id}::uuid, ${test.id}::uuid, unit, epoch, variant_id, covariates::json
      from unnest(${list('unit')}::text[], ${list('epoch')}::int[], ${list('variantId')}::uuid[], ${covariates}::text[])
        as f(unit, epoch, variant_id, covariates)
      on conflict (organization_id, test_id, session_id) do nothing
      returning epoch, variant_id
    )
    insert into ab_unit_counts as known (organization_id, test_id, epoch, variant_id, units)
    select ${test.organization_id}::uuid, ${test.id}::uuid, epoch, variant_id, count(*)
    from assigned group by epoch, variant_id
    on conflict (organization_id, test_id, epoch, variant_id) do update set units = known.units + excluded.units
  `.execute(db)
}

/** A unit that has left the analysis, and where it was before. */
export interface LeavingUnit extends Departure {
  unit: string
}

/**
 * Takes units out of the analysis that were shown another variant than their first; from those that crossed, too, who were
 * shown it in one epoch.
 */
export async function excludeUnits(
  db: ScopedDb,
  test: HeldTest,
  exposures: readonly NewExposure[],
): Promise<LeavingUnit[]> {
  const column = columnsOf(exposures)
  const { rows } = await sql<LeavingUnit>`
    with shown_twice as (
      select a.session_id, a.is_crossed as was_crossed, bool_and(s.epoch <> a.epoch) as is_crossed
      from unnest(${column('unit')}::text[], ${column('epoch')}::int[], ${column('variantId')}::uuid[])
        as s(session_id, epoch, variant_id)
      cross join lateral (
        select session_id, epoch, is_crossed from ab_assignments
        where organization_id = ${test.organization_id}::uuid and test_id = ${test.id}::uuid
          and session_id = s.session_id and variant_id <> s.variant_id
          and (not is_excluded or is_crossed and epoch = s.epoch)
        limit 1
      ) a
      group by a.session_id, a.is_crossed
    ), left_out as (
      update ab_assignments a set is_excluded = true, is_crossed = t.is_crossed from shown_twice t
      where a.organization_id = ${test.organization_id}::uuid and a.test_id = ${test.id}::uuid
        and a.session_id = t.session_id
      returning a.session_id, a.variant_id, a.epoch, t.was_crossed, a.is_crossed
    ), counted as (
      update ab_unit_counts c set units = c.units - l.count, excluded = c.excluded + l.count
      from (
        select epoch, variant_id, count(*) from left_out where not was_crossed group by epoch, variant_id
      ) l
      where c.test_id = ${test.id}::uuid and c.epoch = l.epoch and c.variant_id = l.variant_id
    )
    select session_id as unit, was_crossed as "wasCrossed", is_crossed as "isCrossed" from left_out`.execute(db)
  return rows
}

type AssignedRow = Pick<
  Selectable<Tables['ab_assignments']>,
  'session_id' | 'variant_id' | 'epoch' | 'is_excluded' | 'is_crossed' | 'covariates'
>

function toAssigned(row: AssignedRow): AssignedUnit {
  return {
    unit: row.session_id,
    variantId: row.variant_id,
    epoch: row.epoch,
    isExcluded: row.is_excluded,
    isCrossed: row.is_crossed,
    covariates: row.covariates as AssignedUnit['covariates'],
  }
}

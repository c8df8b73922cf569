import { bucketOf } from '@fairlead/core/analytics'
import type { AbTestEvents, Metric, RecordedEvents } from '@fairlead/core/experiment'
import type { Database, ScopedDb } from '../database/index.ts'
import type { AssignedUnit, CountedObservation, NewExposure, NewObservation } from './evidence-store.ts'
import * as evidence from './evidence-store.ts'
import * as store from './test-store.ts'

type Reason = RecordedEvents['leftAside'][number]['reason']
type LeftAside = RecordedEvents['leftAside'][number]

const mostShown = 100

/** Takes in who was shown what, and what was observed of whom. */
export class EvidenceService {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Everything that can be used is stored, in one transaction; what can't is answered with its reason. */
  record(organizationId: string, events: AbTestEvents): Promise<RecordedEvents> {
    return this.#database.withOrganization(organizationId, (db) => this.recordIn(db, events))
  }

  /** The same in the caller's transaction. */
  async recordIn(db: ScopedDb, events: AbTestEvents): Promise<RecordedEvents> {
    const batch = new Batch()
    const names = new Set([...events.exposures, ...events.observations].map(({ test }) => test))
    const found = await store.findTestIds(db, [...names])
    const exposures = groupByTest(events.exposures, found, batch, 'exposures')
    const observations = groupByTest(events.observations, found, batch, 'observations')
    // In one order, so that two batches never wait for each other.
    for (const id of [...new Set(found.values())].sort()) {
      const test = new TestIntake(db, await store.lockTest(db, id), await store.listVariants(db, [id]), batch)
      await test.expose(exposures.get(id) ?? [])
      await test.observe(observations.get(id) ?? [])
    }
    return batch.summary()
  }
}

/** What a request came to, over all its tests. */
class Batch {
  readonly exposures = { recorded: 0, repeated: 0 }
  readonly observations = { recorded: 0, repeated: 0 }
  readonly #leftAside: LeftAside[] = []
  #count = 0

  leaveAside(pointer: string, reason: Reason): void {
    this.#count++
    if (this.#leftAside.length < mostShown) this.#leftAside.push({ pointer, reason })
  }

  summary(): RecordedEvents {
    const { exposures, observations } = this
    return { exposures, observations, leftAside: this.#leftAside, leftAsideCount: this.#count }
  }
}

interface Placed<Event> {
  event: Event
  pointer: string
}

/** The events of one test, checked and stored. */
class TestIntake {
  readonly #db: ScopedDb
  readonly #test: store.TestRow
  readonly #variants: ReadonlyMap<string, string>
  readonly #metrics: ReadonlyMap<string, Metric>
  readonly #batch: Batch

  constructor(db: ScopedDb, test: store.TestRow, variants: readonly store.VariantRow[], batch: Batch) {
    this.#db = db
    this.#test = test
    this.#variants = new Map(variants.flatMap(({ id, name }) => [[name, id] as const, [id, id] as const]))
    this.#metrics = new Map((test.metrics as Metric[]).map((metric) => [metric.name, metric]))
    this.#batch = batch
  }

  async expose(events: readonly Placed<AbTestEvents['exposures'][number]>[]): Promise<void> {
    const usable: NewExposure[] = []
    for (const { event, pointer } of events) {
      const variantId = this.#variants.get(event.variant)
      const epoch = event.epoch ?? this.#test.epoch
      const reason = this.#reasonAgainst(event, variantId, epoch)
      if (reason) this.#batch.leaveAside(pointer, reason)
      else usable.push({ unit: event.unit, epoch, variantId: variantId!, covariates: event.covariates })
    }
    if (usable.length === 0) return
    const fresh = await evidence.insertExposures(this.#db, this.#test, usable)
    this.#batch.exposures.recorded += fresh.length
    this.#batch.exposures.repeated += usable.length - fresh.length
    if (fresh.length === 0) return
    await evidence.insertAssignments(this.#db, this.#test, firstOfEach(usable))
    const gone = await evidence.excludeUnits(this.#db, this.#test, usable)
    if (gone.length > 0) await this.#takeFromSketches(gone)
  }

  async observe(events: readonly Placed<AbTestEvents['observations'][number]>[]): Promise<void> {
    if (events.length === 0) return
    const units = [...new Set(events.map(({ event }) => event.unit))]
    const assigned = await evidence.findAssigned(this.#db, this.#test, units)
    const places = new Map(assigned.map((one) => [one.unit, one]))
    const usable: NewObservation[] = []
    for (const { event, pointer } of events) {
      const metric = this.#metrics.get(event.metric)
      if (!metric) this.#batch.leaveAside(pointer, 'unknown_metric')
      else if (this.#isForced(event.unit)) this.#batch.leaveAside(pointer, 'forced')
      else if (!places.has(event.unit)) this.#batch.leaveAside(pointer, 'not_exposed')
      else if (!isPossible(metric, event.value)) this.#batch.leaveAside(pointer, 'invalid_value')
      else usable.push(event)
    }
    if (usable.length > 0) await this.#add(usable, places)
  }

  async #add(usable: readonly NewObservation[], places: ReadonlyMap<string, AssignedUnit>): Promise<void> {
    const fresh = await evidence.insertObservations(this.#db, this.#test, usable)
    const counted: CountedObservation[] = []
    const crossed: CountedObservation[] = []
    let recorded = 0
    for (const observation of usable) {
      // Twice in one batch is once.
      if (!fresh.get(observation.metric)?.delete(observation.id)) continue
      recorded++
      const { variantId, epoch, isExcluded, isCrossed, covariates } = places.get(observation.unit)!
      const covariate =
        covariates && Object.hasOwn(covariates, observation.metric) ? covariates[observation.metric]! : null
      const one = { ...observation, variantId, epoch, covariate }
      if (isCrossed) crossed.push(one)
      else if (!isExcluded) counted.push(one)
    }
    this.#batch.observations.recorded += recorded
    this.#batch.observations.repeated += usable.length - recorded
    if (counted.length > 0) await evidence.addToSums(this.#db, this.#test, counted, { isCrossed: false })
    if (crossed.length > 0) await evidence.addToSums(this.#db, this.#test, crossed, { isCrossed: true })
    const bucketed = counted.flatMap(({ metric, epoch, variantId, value }) =>
      this.#metrics.get(metric)!.model === 'quantile' ? [{ metric, epoch, variantId, bucket: bucketOf(value) }] : [],
    )
    if (bucketed.length > 0) await evidence.addToBuckets(this.#db, this.#test, bucketed)
  }

  #reasonAgainst({ unit }: { unit: string }, variantId: string | undefined, epoch: number): Reason | undefined {
    if (this.#test.epoch === 0) return 'not_started'
    if (variantId === undefined) return 'unknown_variant'
    if (epoch > this.#test.epoch) return 'unknown_epoch'
    return this.#isForced(unit) ? 'forced' : undefined
  }

  #isForced(unit: string): boolean {
    return Object.hasOwn(this.#test.forced as object, unit)
  }

  /** Counts in buckets are of observations, so units that leave take theirs with them one by one. */
  async #takeFromSketches(gone: readonly AssignedUnit[]): Promise<void> {
    const metrics = [...this.#metrics.values()].filter(({ model }) => model === 'quantile').map(({ name }) => name)
    if (metrics.length === 0) return
    const byUnit = new Map(gone.map((one) => [one.unit, one]))
    const values = await evidence.observedValues(this.#db, this.#test, [...byUnit.keys()], metrics)
    const taken = values.map(({ metric, unit, value }) => {
      const { epoch, variantId } = byUnit.get(unit)!
      return { metric, epoch, variantId, bucket: bucketOf(value) }
    })
    if (taken.length > 0) await evidence.takeFromBuckets(this.#db, this.#test, taken)
  }
}

/** Of each unit what it was exposed to first. */
function firstOfEach(exposures: readonly NewExposure[]): NewExposure[] {
  const first = new Map<string, NewExposure>()
  for (const exposure of exposures) if (!first.has(exposure.unit)) first.set(exposure.unit, exposure)
  return [...first.values()]
}

/** What a model can make of a value; the contract has seen to it that it is a number. */
function isPossible({ model }: Metric, value: number): boolean {
  if (model === 'proportion') return value === 0 || value === 1
  return model === 'mean' || value >= 0
}

function groupByTest<Event extends { test: string }>(
  events: readonly Event[],
  found: ReadonlyMap<string, string>,
  batch: Batch,
  field: string,
): Map<string, Placed<Event>[]> {
  const groups = new Map<string, Placed<Event>[]>()
  for (const [index, event] of events.entries()) {
    const id = found.get(event.test)
    const pointer = `/${field}/${index}`
    if (id === undefined) {
      batch.leaveAside(pointer, 'unknown_test')
      continue
    }
    const group = groups.get(id) ?? []
    groups.set(id, group)
    group.push({ event, pointer })
  }
  return groups
}

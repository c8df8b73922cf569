import { bucketOf } from '@fairlead/core/analytics'
import type { AbTestEvents, Metric, Observation, RecordedEvents } from '@fairlead/core/experiment'
import type { Database, ScopedDb } from '../database/index.ts'
import { listEpochs } from './arm-store.ts'
import type { AssignedUnit, NewExposure } from './evidence-store.ts'
import * as evidence from './evidence-store.ts'
import type { NewObservation } from './observation-store.ts'
import { insertObservations, takeAway } from './observation-store.ts'
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
    const ids = [...new Set(found.values())]
    if (ids.length === 0) return batch.summary()
    const tests = await evidence.holdTests(db, ids)
    const variants = Map.groupBy(await store.listVariants(db, ids), ({ test_id }) => test_id)
    const intakes = tests.map((row) => new TestIntake(db, row, variants.get(row.id) ?? [], batch))
    for (const intake of intakes) await intake.expose(exposures.get(intake.id) ?? [])
    await evidence.planAnew(db)
    for (const intake of intakes) {
      await intake.leaveOut()
      await intake.observe(observations.get(intake.id) ?? [])
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
  /** By a variant's id. */
  readonly #positions: ReadonlyMap<string, number>
  readonly #metrics: ReadonlyMap<string, Metric>
  readonly #batch: Batch
  /** Among them are exposures that were not known. */
  #exposed: readonly NewExposure[] = []

  constructor(db: ScopedDb, test: store.TestRow, variants: readonly store.VariantRow[], batch: Batch) {
    this.#db = db
    this.#test = test
    this.#variants = new Map(variants.flatMap(({ id, name }) => [[name, id] as const, [id, id] as const]))
    this.#positions = new Map(variants.map(({ id }, position) => [id, position]))
    this.#metrics = new Map((test.metrics as Metric[]).map((metric) => [metric.name, metric]))
    this.#batch = batch
  }

  get id(): string {
    return this.#test.id
  }

  async expose(events: readonly Placed<AbTestEvents['exposures'][number]>[]): Promise<void> {
    const usable: NewExposure[] = []
    const isWeighted = await this.#weighted(events)
    for (const { event, pointer } of events) {
      const variantId = this.#variants.get(event.variant)
      const epoch = event.epoch ?? this.#test.epoch
      const reason = this.#reasonAgainst(event, variantId, epoch)
      if (reason) this.#batch.leaveAside(pointer, reason)
      else if (!isWeighted(variantId!, epoch)) this.#batch.leaveAside(pointer, 'no_weight')
      else usable.push({ unit: event.unit, epoch, variantId: variantId!, covariates: event.covariates })
    }
    if (usable.length === 0) return
    const fresh = await evidence.insertExposures(this.#db, this.#test, usable)
    this.#batch.exposures.recorded += fresh.length
    this.#batch.exposures.repeated += usable.length - fresh.length
    if (fresh.length === 0) return
    await evidence.insertAssignments(this.#db, this.#test, firstOfEach(usable))
    this.#exposed = usable
  }

  /** Takes from the results the units that have now been shown two variants. */
  async leaveOut(): Promise<void> {
    if (this.#exposed.length === 0) return
    const gone = await evidence.excludeUnits(this.#db, this.#test, this.#exposed)
    for (const departure of departures) {
      const units = gone.filter(
        ({ wasCrossed, isCrossed }) => wasCrossed === departure.wasCrossed && isCrossed === departure.isCrossed,
      )
      if (units.length > 0)
        await takeAway(
          this.#db,
          this.#test,
          units.map(({ unit }) => unit),
          departure,
        )
    }
  }

  async observe(events: readonly Placed<Observation>[]): Promise<void> {
    if (events.length === 0) return
    const units = [...new Set(events.map(({ event }) => event.unit))]
    const assigned = await evidence.findAssigned(this.#db, this.#test, units)
    const places = new Map(assigned.map((one) => [one.unit, one]))
    const told = new Map([...this.#metrics.keys()].map((metric) => [metric, new Set<string>()]))
    const usable: NewObservation[] = []
    let repeated = 0
    for (const { event, pointer } of events) {
      const metric = this.#metrics.get(event.metric)
      const place = places.get(event.unit)
      if (this.#test.epoch === 0) this.#batch.leaveAside(pointer, 'not_started')
      else if (!metric) this.#batch.leaveAside(pointer, 'unknown_metric')
      else if (this.#isForced(event.unit)) this.#batch.leaveAside(pointer, 'forced')
      else if (!place) this.#batch.leaveAside(pointer, 'not_exposed')
      else if (!isPossible(metric, event.value)) this.#batch.leaveAside(pointer, 'invalid_value')
      // Twice in one batch is once.
      else if (told.get(event.metric)!.has(event.id)) repeated++
      else {
        told.get(event.metric)!.add(event.id)
        usable.push(counted(event, metric, place))
      }
    }
    const recorded = usable.length === 0 ? 0 : await insertObservations(this.#db, this.#test, usable)
    this.#batch.observations.recorded += recorded
    this.#batch.observations.repeated += repeated + usable.length - recorded
  }

  #reasonAgainst({ unit }: { unit: string }, variantId: string | undefined, epoch: number): Reason | undefined {
    if (this.#test.epoch === 0) return 'not_started'
    if (variantId === undefined) return 'unknown_variant'
    if (epoch > this.#test.epoch) return 'unknown_epoch'
    return this.#isForced(unit) ? 'forced' : undefined
  }

  /** Whom a table of weights gives to no variant cannot have been shown it: one of them would look like a fault of all. */
  async #weighted(
    events: readonly Placed<AbTestEvents['exposures'][number]>[],
  ): Promise<(variantId: string, epoch: number) => boolean> {
    const told = new Set(events.map(({ event }) => event.epoch ?? this.#test.epoch))
    const known = [...told].filter((epoch) => epoch > 0 && epoch <= this.#test.epoch)
    const epochs = known.length === 0 ? [] : await listEpochs(this.#db, this.#test.id, known)
    const weights = new Map(epochs.map((one) => [one.epoch, one.weights]))
    return (variantId, epoch) => (weights.get(epoch)?.[this.#positions.get(variantId)!] ?? 0) > 0
  }

  #isForced(unit: string): boolean {
    return Object.hasOwn(this.#test.forced as object, unit)
  }
}

/** How a unit can leave the results. */
const departures = [
  { wasCrossed: false, isCrossed: true },
  { wasCrossed: false, isCrossed: false },
  { wasCrossed: true, isCrossed: false },
]

/** Of each unit what it was exposed to first. */
function firstOfEach(exposures: readonly NewExposure[]): NewExposure[] {
  const first = new Map<string, NewExposure>()
  for (const exposure of exposures) if (!first.has(exposure.unit)) first.set(exposure.unit, exposure)
  return [...first.values()]
}

/** What an observation counts for, given where its unit was assigned. */
function counted({ id, unit, metric, value }: Observation, { model }: Metric, place: AssignedUnit): NewObservation {
  const { covariates, isExcluded, isCrossed } = place
  return {
    id,
    unit,
    metric,
    value,
    arm: isExcluded && !isCrossed ? null : place,
    covariate: covariates && Object.hasOwn(covariates, metric) ? covariates[metric]! : null,
    bucket: model === 'quantile' && !isExcluded ? bucketOf(value) : null,
  }
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

import type { ResponseOf } from '@fairlead/core/contract'
import { experimentEndpoints } from '@fairlead/core/endpoints'
import type {
  AbTest,
  AbTestHistoryEntry,
  AbTestResults,
  Assigned,
  FirstExposure,
  Holdout,
  Layer,
  LookRecord,
  RecordedEvents,
  ResultSnapshot,
  TestConfiguration,
} from '@fairlead/core/experiment'
import type { List } from '../page.ts'
import { listFrom } from '../page.ts'
import type { BodyOf, CallOptions, QueryOf, Transport } from '../transport.ts'
import type { Versioned } from '../versioned.ts'
import { etagOf, versioned } from '../versioned.ts'
import type { LocalExperiments } from './local-experiments.ts'

/** A/B tests: their lifecycle, evidence and results. Every `id` may be a test's id or its key. */
export class Experiments {
  readonly #transport: Transport
  readonly #local: () => Promise<LocalExperiments>

  constructor(transport: Transport, local: () => Promise<LocalExperiments>) {
    this.#transport = transport.to(experimentEndpoints)
    this.#local = local
  }

  /** What evaluates tests in this process, as `createClient`'s `experiments` say; always the same, opened when it is first asked for. */
  local(): Promise<LocalExperiments> {
    return this.#local()
  }

  /** Draws up a test; it assigns nobody before `start`. Throws `experiment.key_taken`. */
  async create(test: BodyOf<'createAbTest'>, options?: CallOptions): Promise<Versioned<AbTest>> {
    return versioned(await this.#transport.call('createAbTest', { body: test }, options))
  }

  /** Without archived ones unless `archived` asks for them. */
  list(query: QueryOf<'listAbTests'> = {}, options?: CallOptions): List<AbTest> {
    return listFrom(this.#transport, 'listAbTests', { query }, options)
  }

  async get(id: string, options?: CallOptions): Promise<Versioned<AbTest>> {
    return versioned(await this.#transport.call('getAbTest', { params: { id } }, options))
  }

  /** Changes a test as it was read. Throws a `FairleadConflictError` when somebody else was faster. */
  async update(
    seen: { id: string; etag: string },
    change: BodyOf<'updateAbTest'>,
    options?: CallOptions,
  ): Promise<Versioned<AbTest>> {
    const ifMatch = etagOf(seen, 'experiments.update', 'test')
    const sent = { params: { id: seen.id }, body: change, ifMatch }
    return versioned(await this.#transport.call('updateAbTest', sent, options))
  }

  /** Resolves every variant's ref to the version that it is from now on, and begins to assign. */
  async start(id: string, options?: CallOptions): Promise<Versioned<AbTest>> {
    return versioned(await this.#transport.call('startAbTest', { params: { id } }, options))
  }

  async pause(id: string, options?: CallOptions): Promise<Versioned<AbTest>> {
    return versioned(await this.#transport.call('pauseAbTest', { params: { id } }, options))
  }

  async resume(id: string, options?: CallOptions): Promise<Versioned<AbTest>> {
    return versioned(await this.#transport.call('resumeAbTest', { params: { id } }, options))
  }

  /** For good; with a winner, or without. */
  async stop(id: string, decision: BodyOf<'stopAbTest'> = {}, options?: CallOptions): Promise<Versioned<AbTest>> {
    return versioned(await this.#transport.call('stopAbTest', { params: { id }, body: decision }, options))
  }

  /** Every transition, change, look and decision. */
  history(id: string, query: QueryOf<'listAbTestHistory'> = {}, options?: CallOptions): List<AbTestHistoryEntry> {
    return listFrom(this.#transport, 'listAbTestHistory', { params: { id }, query }, options)
  }

  /** How many units a test takes, and how long that takes, before it is drawn up. */
  async plan(plan: BodyOf<'planAbTest'>, options?: CallOptions): Promise<ResponseOf<'planAbTest'>> {
    return (await this.#transport.call('planAbTest', { body: plan }, options)).body
  }

  /** What the test's own rule would do, over and over, with the effects that are supposed. */
  async simulate(
    id: string,
    request: BodyOf<'simulateAbTest'>,
    options?: CallOptions,
  ): Promise<ResponseOf<'simulateAbTest'>> {
    return (await this.#transport.call('simulateAbTest', { params: { id }, body: request }, options)).body
  }

  /** What follows from all that was observed until now. */
  async results(id: string, query: QueryOf<'getAbTestResults'> = {}, options?: CallOptions): Promise<AbTestResults> {
    return (await this.#transport.call('getAbTestResults', { params: { id }, query }, options)).body
  }

  /** Up to 20 tests, by id or key, with their results. */
  async compare(tests: readonly string[], options?: CallOptions): Promise<ResponseOf<'compareAbTests'>['data']> {
    const query = { tests: tests.join(',') }
    return (await this.#transport.call('compareAbTests', { query }, options)).body.data
  }

  /** The results as they were over time. */
  snapshots(id: string, query: QueryOf<'listAbTestSnapshots'> = {}, options?: CallOptions): List<ResultSnapshot> {
    return listFrom(this.#transport, 'listAbTestSnapshots', { params: { id }, query }, options)
  }

  /** Takes a look by the test's stopping rule now, and records it. */
  async look(id: string, options?: CallOptions): Promise<LookRecord> {
    return (await this.#transport.call('takeAbTestLook', { params: { id } }, options)).body
  }

  /** The variant of a unit, assigned by the control plane; `local` does it without a request. */
  async assign(id: string, request: BodyOf<'assignAbTest'>, options?: CallOptions): Promise<Assigned> {
    return (await this.#transport.call('assignAbTest', { params: { id }, body: request }, options)).body
  }

  /** The first variant that each unit was shown. */
  assignments(id: string, query: QueryOf<'listAbTestAssignments'> = {}, options?: CallOptions): List<FirstExposure> {
    return listFrom(this.#transport, 'listAbTestAssignments', { params: { id }, query }, options)
  }

  /** Exposures and observations, up to 10,000 of each; `local` sends its own. What was said before changes nothing. */
  async record(events: BodyOf<'recordAbTestEvents'>, options?: CallOptions): Promise<RecordedEvents> {
    return (await this.#transport.call('recordAbTestEvents', { body: events }, options)).body
  }

  /** All that assigning takes: the `bootstrap` of a `LocalExperiments` elsewhere. */
  async configuration(options?: CallOptions): Promise<TestConfiguration> {
    return (await this.#transport.call('getAbTestConfiguration', {}, options)).body
  }

  /** Tests of one layer never share a unit. */
  async createLayer(layer: BodyOf<'createAbTestLayer'>, options?: CallOptions): Promise<Layer> {
    return (await this.#transport.call('createAbTestLayer', { body: layer }, options)).body
  }

  layers(query: QueryOf<'listAbTestLayers'> = {}, options?: CallOptions): List<Layer> {
    return listFrom(this.#transport, 'listAbTestLayers', { query }, options)
  }

  /** Keeps units out of all tests that start from now on. */
  async createHoldout(holdout: BodyOf<'createAbTestHoldout'>, options?: CallOptions): Promise<Holdout> {
    return (await this.#transport.call('createAbTestHoldout', { body: holdout }, options)).body
  }

  holdouts(query: QueryOf<'listAbTestHoldouts'> = {}, options?: CallOptions): List<Holdout> {
    return listFrom(this.#transport, 'listAbTestHoldouts', { query }, options)
  }

  async removeHoldout(id: string, options?: CallOptions): Promise<void> {
    await this.#transport.call('deleteAbTestHoldout', { params: { id } }, options)
  }
}

import { FairleadError } from '@fairlead/core/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { VersionPromotion } from '../prompt/ports.ts'
import { PromoteService } from './promote-service.ts'
import type { ExperimentServer } from './testing/experiment-server.suite.ts'
import { openExperimentServer } from './testing/experiment-server.suite.ts'

describe.each(backends)('the promotion of a winner on %s', (kind) => {
  let plane: ExperimentServer

  beforeAll(async () => {
    plane = await openExperimentServer(kind)
  })
  afterAll(async () => {
    expect(plane.server.errors).toEqual([])
    await plane.close()
  })

  it('stays watched where two processes make it and the second one finds that it is made', async () => {
    const prompt = await plane.newPrompt()
    const variants = [
      { name: 'control', ref: { label: 'production' } },
      { name: 'kind', ref: { branch: 'candidate' } },
    ]
    const body = { name: plane.acme.name(), prompt: prompt.id, variants, promotion: { label: 'live' } }
    const params = { id: (await plane.ask('createAbTest', { body })).id }
    await plane.ask('startAbTest', { params })
    const { database } = plane.server.controlPlane
    const moved = { mergedInto: null, label: 'live', from: null, to: 2 }
    const port = (promote: VersionPromotion['promote']): VersionPromotion => ({
      ...{ promote, shownBy: async () => null, undo: async () => false },
    })
    // The test has its winner, and neither process has come to the end of what it does.
    await database.withOrganization(plane.acme.id, async (db) => {
      const winner = await db
        .selectFrom('ab_variants')
        .select('id')
        .where('test_id', '=', params.id)
        .where('name', '=', 'kind')
        .executeTakeFirstOrThrow()
      const ended = { status: 'completed' as const, completed_at: new Date(), winner_variant_id: winner.id }
      await db.updateTable('ab_tests').set(ended).where('id', '=', params.id).execute()
    })
    const test = await plane.ask('getAbTest', { params })
    const first = new PromoteService({ database, promotion: port(async () => moved) })
    const taken = new FairleadError('prompt.ref_exists', 'The label "live" exists already.')
    const late = port(async () => {
      await first.promote(plane.acme.id, null, test)
      throw taken
    })
    await new PromoteService({ database, promotion: late }).promote(plane.acme.id, null, test)
    const { data } = await plane.ask('listAbTestHistory', { params })
    expect(data.map(({ action }) => action).reverse()).toEqual(['created', 'started', 'promoting', 'promoted'])
  })
})

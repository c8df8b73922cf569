import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { ExperimentServer } from './testing/experiment-server.suite.ts'
import { openExperimentServer } from './testing/experiment-server.suite.ts'

describe.each(backends)('the results of a test on %s', (kind) => {
  let plane: ExperimentServer

  beforeAll(async () => {
    plane = await openExperimentServer(kind)
  })
  afterAll(async () => {
    expect(plane.server.errors).toEqual([])
    await plane.close()
  })

  const newTest = () => plane.ask('createAbTest', { body: { name: plane.acme.name(), variants } })
  const variants = [{ name: 'control' }, { name: 'kind' }]
  const names = ['control', 'kind'].map((variantName) => ({ variantName }))

  it('name the metrics that there are to who asks for another one', async () => {
    const test = await newTest()
    const request = { params: { id: test.id }, query: { metric: 'nope' } }
    const refused = {
      status: 404,
      body: {
        code: 'experiment.metric_not_found',
        detail: `The test "${test.key}" has no metric "nope". Its metrics are success.`,
        metrics: ['success'],
      },
    }
    expect(await plane.call('getAbTestResults', request)).toMatchObject(refused)
    expect(await plane.call('listAbTestSnapshots', request)).toMatchObject(refused)
  })

  it('name the variants wherever they tell of one', async () => {
    const { id, key } = await newTest()
    const params = { id }
    await plane.ask('startAbTest', { params })
    const exposures = Array.from({ length: 4 }, (_, index) => ({
      ...{ test: id, unit: `u${index}` },
      variant: variants[index % 2]!.name,
    }))
    await plane.ask('recordAbTestEvents', { body: { exposures } })
    const look = {
      winnerVariantName: null,
      units: names,
      pairs: [{ variantName: 'control', otherVariantName: 'kind' }],
    }
    expect(await plane.ask('takeAbTestLook', { params })).toMatchObject(look)
    const results = { units: names, metrics: [{ variants: names }], look }
    expect(await plane.ask('getAbTestResults', { params })).toMatchObject(results)
    const { data } = await plane.ask('compareAbTests', { query: { tests: key } as never })
    expect(data).toMatchObject([{ results }])
    const { data: snapshots } = await plane.ask('listAbTestSnapshots', { params })
    expect(snapshots.map(({ variantName }) => variantName).sort()).toEqual(['control', 'kind'])
  })

  it('are of the variants that a draft has now', async () => {
    const { id } = await newTest()
    const params = { id }
    expect(await plane.ask('getAbTestResults', { params })).toMatchObject({ metrics: [{ variants: names }] })
    const others = [{ name: 'old' }, { name: 'new' }]
    await plane.ask('updateAbTest', { params, ifMatch: '"1"', body: { variants: others } })
    expect(await plane.ask('getAbTestResults', { params })).toMatchObject({
      metrics: [{ variants: [{ variantName: 'old' }, { variantName: 'new' }] }],
    })
  })
})

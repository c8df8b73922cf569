import type { ControlPlane } from '@fairlead/server'
import { createControlPlane } from '@fairlead/server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runExample } from '../run-example.suite.ts'

let controlPlane: ControlPlane

beforeAll(async () => {
  controlPlane = await createControlPlane({ memory: true, logLevel: 'warn', env: { NODE_ENV: 'test' } })
  await controlPlane.listen(0, '127.0.0.1')
})

afterAll(() => controlPlane.close())

it('assigns a thousand customers without asking anybody, and lets the rule decide', async () => {
  const { key } = await controlPlane.bootstrapOrganization({ name: 'Test', slug: 'test', keyName: 'Test' })
  const env = { FAIRLEAD_URL: controlPlane.url, FAIRLEAD_API_KEY: key.secret }
  const { ended, output } = runExample('ab-test', [], env)
  expect([await ended, output()]).toEqual([0, expect.stringContaining('The rule has decided: warm')])
  expect(output()).toMatch(/^warm: [67]\d\.\d % of [45]\d\d solved, 100\.0 % to be the best, lift \d\d %$/m)
})

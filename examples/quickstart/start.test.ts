import type { ControlPlane } from '@fairlead/server'
import { createControlPlane } from '@fairlead/server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runExample } from '../run-example.suite.ts'

let controlPlane: ControlPlane
let key: string

beforeAll(async () => {
  controlPlane = await createControlPlane({ memory: true, logLevel: 'warn', env: { NODE_ENV: 'test' } })
  await controlPlane.listen(0, '127.0.0.1')
  const organization = await controlPlane.bootstrapOrganization({ name: 'Test', slug: 'test', keyName: 'Test' })
  key = organization.key.secret
})

afterAll(() => controlPlane.close())

it('creates, executes and streams a workflow, also a second time', async () => {
  for (let time = 0; time < 2; time++) {
    const { ended, output } = runExample('quickstart', [], { FAIRLEAD_URL: controlPlane.url, FAIRLEAD_API_KEY: key })
    expect([await ended, output()]).toEqual([
      0,
      expect.stringMatching(/node\.completed write\n(.*\n)*.*run\.completed/),
    ])
    expect(output()).toContain("note: '[offline demo model]")
  }
})

it('says what to do without a key', async () => {
  const { ended, output } = runExample('quickstart', [], { FAIRLEAD_URL: controlPlane.url, FAIRLEAD_API_KEY: '' })
  expect(await ended).toBe(1)
  expect(output()).toContain('createClient needs "apiKey"')
})

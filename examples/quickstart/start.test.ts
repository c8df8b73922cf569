import { once } from 'node:events'
import { createServer } from 'node:net'
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
  expect(output()).toBe('Set FAIRLEAD_API_KEY to the key that "npm start" prints.\n')
})

it('takes only a prompt that is missing for one, not a key that is refused', async () => {
  const env = { FAIRLEAD_URL: controlPlane.url, FAIRLEAD_API_KEY: `${key.slice(0, -1)}_` }
  const { ended, output } = runExample('quickstart', [], env)
  expect(await ended).toBe(1)
  expect(output()).toMatch(/FairleadApiError: .*\(auth\.\w+\)/)
  expect(output()).not.toContain('Prompts.create')
})

it('says where it found nobody', async () => {
  const left = createServer().listen(0, '127.0.0.1')
  await once(left, 'listening')
  const { port } = left.address() as { port: number }
  await new Promise((resolve) => left.close(resolve))
  const env = { FAIRLEAD_URL: `http://127.0.0.1:${port}`, FAIRLEAD_API_KEY: key }
  const { ended, output } = runExample('quickstart', [], env)
  expect(await ended).toBe(1)
  expect(output()).toMatch(/FairleadConnectionError: GET \/prompts\/:id failed: connect ECONNREFUSED/)
})

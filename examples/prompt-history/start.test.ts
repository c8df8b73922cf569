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

it('merges, resolves a conflict, releases, rolls back, and names who wrote each line', async () => {
  const { key } = await controlPlane.bootstrapOrganization({ name: 'Test', slug: 'test', keyName: 'Test' })
  const env = { FAIRLEAD_URL: controlPlane.url, FAIRLEAD_API_KEY: key.secret }
  const { ended, output } = runExample('prompt-history', [], env)
  expect([await ended, output()]).toEqual([0, expect.stringContaining('{ intact: true, versions: 8, altered: null }')])
  expect(output()).toContain('merged as version 4:\nAnswer the customer kindly.\nBe brief.\n')
  expect(output()).toContain('"theirs": "Use one sentence.\\n"')
  expect(output()).toContain('  2 Answer the customer kindly.\n  5 Use one sentence.\n')
  expect(output()).toContain('main is at version 8, production at 7')
})

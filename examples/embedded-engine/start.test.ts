import { expect, it } from 'vitest'
import { runExample } from '../run-example.suite.ts'

it('runs a workflow in its own process, without a server', async () => {
  const { ended, output } = runExample('embedded-engine')
  expect(await ended).toBe(0)
  expect(output()).toBe("{ reply: '[canned answer] Your parcel is on its way with DHL.' }\n")
})

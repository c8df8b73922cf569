import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@fairlead/sdk'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runExample } from '../run-example.suite.ts'

let dataDirectory: string

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'fairlead-express-'))
})

afterEach(() => rm(dataDirectory, { recursive: true, force: true }))

const env = () => ({ PORT: '0', FAIRLEAD_DATA_DIR: dataDirectory, LOG_LEVEL: 'warn' })

it('serves Fairlead below a path of an Express application, beside its own routes', async () => {
  const example = runExample('express-app', [], env())
  const [, apiKey = ''] = await example.printed(/API key, shown this once: (\S+)/)
  const [, url, baseUrl = ''] = await example.printed(/My application: (\S+), Fairlead in it: (\S+)/)
  expect(await (await fetch(`${url}/`)).text()).toBe('My application')

  const client = createClient({ baseUrl, apiKey })
  const definition = {
    formatVersion: 1,
    name: 'Look up',
    inputs: { orderId: { type: 'string' } },
    variables: { order: { schema: { type: 'object' } } },
    outputs: { order: 'order' },
    nodes: [
      {
        id: 'find',
        type: 'tool',
        position: { x: 0, y: 0 },
        data: {
          label: 'Find',
          config: { toolId: 'order.find', inputMapping: { orderId: 'orderId' }, outputVariable: 'order' },
        },
      },
    ],
    edges: [],
  }
  const { id } = await client.workflows.create({ definition })
  const run = await client.workflows.run(id, { input: { orderId: 'A-17' } })
  expect(await run.result()).toEqual({ order: { orderId: 'A-17', status: 'shipped' } })

  example.child.kill('SIGTERM')
  expect(await example.ended).toBe(0)
})

it('ends in an orderly way on Ctrl-C, and says nothing about it', async () => {
  const example = runExample('express-app', [], env())
  await example.printed(/My application/)
  example.child.kill('SIGINT')
  expect(await example.ended).toBe(0)
  expect(example.output()).toMatch(/Fairlead in it: \S+\n$/)
})

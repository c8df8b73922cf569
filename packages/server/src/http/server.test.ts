import { once } from 'node:events'
import { connect } from 'node:net'
import express from 'express'
import { expect, it } from 'vitest'
import { listen } from './server.ts'

it('is not kept from its end by a connection that nothing has come on, and lets a request under way have its answer', async () => {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const app = express().get('/', async (_request, response) => {
    asked.resolve()
    await answer.promise
    response.send('here')
  })
  const server = await listen(app, 0, '127.0.0.1')
  const silent = connect(Number(new URL(server.url).port), '127.0.0.1')
  await once(silent, 'connect')
  const answered = fetch(server.url).then((response) => response.text())
  await asked.promise
  const stopped = server.stop(600_000)
  await once(silent, 'close')
  answer.resolve()
  expect(await answered).toBe('here')
  await stopped
})

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runExample } from '../run-example.suite.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-console-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

it('runs the triage in plain lines, waits for the printed command, finishes and keeps serving', async () => {
  const example = runExample('console', ['--port', '0', '--data-dir', folder])
  const [, url, authorization = '', body = ''] = await example.printed(
    /curl -X POST (\S+) -H '(Authorization: [^']+)' -H 'Content-Type: application\/json' -d '([^']+)'/,
  )
  expect(example.output()).toContain('approve waits for a person')
  const headers = { Authorization: authorization.slice('Authorization: '.length), 'Content-Type': 'application/json' }
  expect((await fetch(url!, { method: 'POST', headers, body })).status).toBe(202)
  await example.printed(/✔ Finished after [\d.]+ s, \$0\.\d+/)
  const [, followUp] = await example.printed(/curl -H 'Authorization: [^']+' (http\S+)/)
  const run = await (await fetch(followUp!, { headers })).json()
  expect(run).toMatchObject({ status: 'completed', output: { sent: 12, decision: 'send' } })
  // Twice the same click changes nothing and says so.
  const again = await fetch(url!, { method: 'POST', headers, body })
  expect(again.status).toBe(409)
  expect(await again.json()).toMatchObject({ code: 'run.interrupt_closed' })
  example.child.kill('SIGTERM')
  expect(await example.ended).toBe(0)
})

it('finds its organization again on the next start', async () => {
  const example = runExample('console', ['--port', '0', '--data-dir', folder, '--exit'])
  expect(await example.ended).toBe(0)
  expect(example.output()).toContain('The run is waiting.')
})

it('says which port is taken and how to change it', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as { port: number }
  const example = runExample('console', ['--port', String(port), '--data-dir', folder])
  expect(await example.ended).toBe(1)
  expect(example.output()).toMatch(new RegExp(`Port ${port} .* is taken .*--port`))
  other.close()
})

it('explains itself, and says what it does not understand', async () => {
  const help = runExample('console', ['--help'])
  expect(await help.ended).toBe(0)
  expect(help.output()).toContain('Usage: npm start -- [options]')
  const wrong = runExample('console', ['--prot', '1'])
  expect(await wrong.ended).toBe(2)
  expect(wrong.output()).toContain("Unknown option '--prot'")
})

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RunningExample } from '../run-example.suite.ts'
import { runExample } from '../run-example.suite.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-console-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

it('runs the triage in plain lines, waits for the printed command, finishes and keeps serving', async () => {
  const example = runExample('console', ['--port', '0', '--data-dir', folder])
  const { url, headers, body } = await approval(example)
  expect(example.output()).toContain('approve waits for a person')
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(202)
  await example.printed(/✔ Finished after [\d.]+ s, \$0\.\d+/)
  const [, followUp] = await example.printed(/curl -H 'Authorization: [^']+' (http\S+)/)
  const run = await (await fetch(followUp!, { headers })).json()
  expect(run).toMatchObject({ status: 'completed', output: { sent: 12, decision: 'send' } })
  // Twice the same click changes nothing and says so.
  const again = await fetch(url, { method: 'POST', headers, body })
  expect(again.status).toBe(409)
  expect(await again.json()).toMatchObject({ code: 'run.interrupt_closed' })
  example.child.kill('SIGTERM')
  expect(await example.ended).toBe(0)
})

it('goes on with the run that was killed in the middle, whose question can be answered then', async () => {
  const killed = runExample('console', ['--port', '0', '--data-dir', folder])
  await killed.printed(/write completed in/)
  killed.child.kill('SIGKILL')
  await killed.ended
  expect(killed.output()).toMatch(/^Starting the control plane …\n/)

  const resumed = runExample('console', ['--port', '0', '--data-dir', folder])
  const [, id = ''] = await resumed.printed(/Going on with run (\S+) of /)
  const { url, headers, body } = await approval(resumed)
  expect(url).toContain(id)
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(202)
  await resumed.printed(/✔ Finished after/)
  // What it had done before is shown, and what had been recorded was not done again.
  const written = [...resumed.output().matchAll(/(\S+) completed in/g)].map(([, address]) => address)
  expect(new Set(written).size).toBe(written.length)
  expect(written.length).toBe(88)
  resumed.child.kill('SIGTERM')
  expect(await resumed.ended).toBe(0)
}, 90_000)

it('leaves its question for the next start on --exit; --new starts another run', async () => {
  const options = ['--port', '0', '--data-dir', folder, '--exit']
  const first = runExample('console', options)
  expect(await first.ended).toBe(0)
  expect(first.output()).toMatch(/Triage of 12 tickets[\s\S]*Some of these replies are urgent/)
  expect(first.output()).toContain('The run is waiting for an answer: the next "npm start" goes on with it.')
  // It would be sent to a server that is gone.
  expect(first.output()).not.toContain('curl')

  const second = runExample('console', options)
  expect(await second.ended).toBe(0)
  expect(second.output()).toMatch(/Going on with run [\s\S]*Some of these replies are urgent/)

  const third = runExample('console', [...options, '--new'])
  expect(await third.ended).toBe(0)
  expect(third.output()).toContain('Triage of 12 tickets')
}, 90_000)

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

/** The request of the command that it prints. */
async function approval(example: RunningExample) {
  const [, url = '', authorization = '', body = ''] = await example.printed(
    /curl -X POST (\S+) -H 'Authorization: ([^']+)' -H 'Content-Type: application\/json' -d '([^']+)'/,
  )
  return { url, headers: { Authorization: authorization, 'Content-Type': 'application/json' }, body }
}

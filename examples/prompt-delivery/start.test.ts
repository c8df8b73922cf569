import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@fairlead/sdk'
import { createClient } from '@fairlead/sdk'
import type { ControlPlane } from '@fairlead/server'
import { createControlPlane } from '@fairlead/server'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { RunningExample } from '../run-example.suite.ts'
import { runExample } from '../run-example.suite.ts'

let controlPlane: ControlPlane
let client: Client
let pinning: Client | undefined
let env: Record<string, string>
let folder: string
const running: RunningExample[] = []

const start = (...args: string[]) => {
  const example = runExample('prompt-delivery', args, { ...env, PROMPTS: folder })
  running.push(example)
  return example
}
const said = (text: string) => ({ content: { text: `${text}: {{changes}}` } })
const filled = (version: number, text: string) =>
  new RegExp(`version ${version}: ${text}: \\["faster start","fewer bytes"\\]`)

beforeAll(async () => {
  controlPlane = await createControlPlane({ memory: true, logLevel: 'warn', env: { NODE_ENV: 'test' } })
  await controlPlane.listen(0, '127.0.0.1')
  const { key } = await controlPlane.bootstrapOrganization({ name: 'Test', slug: 'test', keyName: 'Test' })
  env = { FAIRLEAD_URL: controlPlane.url, FAIRLEAD_API_KEY: key.secret }
  client = createClient({ baseUrl: controlPlane.url, apiKey: key.secret })
  folder = mkdtempSync(join(tmpdir(), 'fairlead-prompts-'))
})
afterEach(() => {
  for (const { child } of running.splice(0)) child.kill('SIGKILL')
})
afterAll(async () => {
  await controlPlane.close()
  await pinning?.prompts.close()
  rmSync(folder, { recursive: true })
})

const isRepository = spawnSync('git', ['rev-parse'], { cwd: import.meta.dirname }).status === 0

it.runIf(isRepository)('keeps what prompts said in a folder that git ignores', () => {
  const { status } = spawnSync('git', ['check-ignore', '-q', '.prompts/x'], { cwd: import.meta.dirname })
  expect(status).toBe(0)
})

it('has its fallback as long as there is no prompt', async () => {
  const example = start()
  expect([await example.ended, example.output()]).toEqual([
    0,
    'fallback: version -: In one sentence, what is new: ["faster start","fewer bytes"]\n',
  ])
})

it('follows a label within a second, drops it when it is removed, and ends when its work is done', async () => {
  const first = await client.prompts.create({ key: 'release-note', ...said('One') })
  const second = await client.prompts.commit(first, said('Two'))
  let label = await client.prompts.history.moveLabel({ id: first.id, etag: null }, 'production', { to: '1' })
  const example = start('--watch')
  await example.printed(filled(1, 'One'))
  const moves: number[] = []
  for (const [to, version, text] of [
    ['2', 2, 'Two'],
    ['1', 1, 'One'],
  ] as const) {
    const seen = example.output().length
    label = await client.prompts.history.moveLabel({ id: first.id, etag: label.etag }, 'production', {
      to,
      force: true,
    })
    const movedAt = performance.now()
    await expect
      .poll(() => example.output().slice(seen), { interval: 5, timeout: 5_000 })
      .toMatch(filled(version, text))
    moves.push(performance.now() - movedAt)
  }
  expect(Math.min(...moves)).toBeLessThan(1_000)
  const seen = example.output().length
  await client.prompts.history.removeLabel({ id: first.id, etag: label.etag }, 'production')
  // Without the label it is the head of `main`.
  await expect.poll(() => example.output().slice(seen), { timeout: 5_000 }).toMatch(filled(second.versionNumber, 'Two'))

  const once = start()
  expect([await once.ended, once.output()]).toEqual([0, expect.stringMatching(filled(2, 'Two'))])
  expect(once.output()).toMatch(/^server/)
})

it('follows a label that its prompt only refers to within a second, also from a version that is pinned', async () => {
  const { prompts } = client
  const tone = await prompts.create({ key: 'tone', content: { text: 'Kindly' } })
  await prompts.commit(tone, { content: { text: 'Briefly' } })
  let label = await prompts.history.moveLabel({ id: tone.id, etag: null }, 'production', { to: '1' })
  const references = { tone: { prompt: 'tone', label: 'production' } }
  const composed = { content: { text: '{{> tone}}: {{changes}}', references } }
  const { id } = await prompts.head('release-note')
  const composing = await prompts.history.moveBranch({ id, etag: null }, 'composing', { to: 'branch/main' })
  const { versionNumber: version } = await prompts.commit(
    { id, etag: composing.etag },
    { ...composed, branch: 'composing' },
  )
  const released = await prompts.history.moveLabel({ id, etag: null }, 'production', { to: `${version}` })
  const example = start('--watch')
  await example.printed(filled(version, 'Kindly'))
  // An application that has nothing but this version, and so nothing else to hear of.
  const errors: Error[] = []
  pinning = createClient({
    ...{ baseUrl: controlPlane.url, apiKey: env.FAIRLEAD_API_KEY! },
    prompts: { onError: (error) => errors.push(error) },
  })
  const variables = { changes: 'x' }
  const pinned = async () => (await pinning!.prompts.get('release-note', { version, variables })).messages[0]!.content
  expect(await pinned()).toBe('Kindly: x')
  const moves: number[] = []
  for (const [to, text] of [
    ['2', 'Briefly'],
    ['1', 'Kindly'],
    ['2', 'Briefly'],
  ] as const) {
    const seen = example.output().length
    label = await prompts.history.moveLabel({ id: tone.id, etag: label.etag }, 'production', { to })
    const movedAt = performance.now()
    const within = { interval: 5, timeout: 5_000 }
    await expect.poll(() => example.output().slice(seen), within).toMatch(filled(version, text))
    await expect.poll(pinned, within).toBe(`${text}: x`)
    moves.push(performance.now() - movedAt)
  }
  expect(Math.min(...moves)).toBeLessThan(1_000)
  expect(errors).toEqual([])
  await prompts.history.removeLabel({ id: tone.id, etag: label.etag }, 'production')
  // Once or twice: it may have been about to look anew for the move before.
  await expect.poll(() => errors[0], { timeout: 5_000 }).toMatchObject({ code: 'prompt.dangling_reference' })
  expect(errors[0]!.message).toContain('"tone" of release-note leads nowhere')
  expect(await pinned()).toBe('Briefly: x')
  await prompts.history.removeLabel({ id, etag: released.etag }, 'production')
  const once = start()
  expect([await once.ended, once.output()]).toEqual([0, expect.stringMatching(filled(2, 'Two'))])
})

it('starts with what was said last when the control plane is away', async () => {
  env = { ...env, FAIRLEAD_URL: controlPlane.url }
  await controlPlane.close()
  const example = start()
  expect([await example.ended, example.output()]).toEqual([0, expect.stringMatching(filled(2, 'Two'))])
  expect(example.output()).toMatch(/^store/)
})

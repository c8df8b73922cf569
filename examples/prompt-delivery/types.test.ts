import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createClient } from '@fairlead/sdk'
import type { ControlPlane } from '@fairlead/server'
import { createControlPlane } from '@fairlead/server'
import { afterAll, beforeAll, expect, it } from 'vitest'

const here = import.meta.dirname
const program = join(here, '../../packages/server/src/cli.ts')
const flags = ['--conditions=@fairlead/source', '--disable-warning=ExperimentalWarning']
// Inside the example, where the SDK is found.
const folder = mkdtempSync(join(here, 'types-'))
const out = join(folder, 'prompts.d.ts')
let controlPlane: ControlPlane
let env: Record<string, string>

async function run(program: string, args: string[]) {
  const child = spawn(process.execPath, [...flags, program, ...args], { env: { ...env, PATH: process.env.PATH! } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const [code] = await once(child, 'close')
  return { code, output }
}
const types = (...args: string[]) => run(program, ['types', ...args])
/** What the compiler says of an application that has the types. */
async function compile(lines: string) {
  const main = join(folder, 'main.ts')
  writeFileSync(
    main,
    `import { createClient } from '@fairlead/sdk'\ndeclare const client: ReturnType<typeof createClient>\n${lines}\n`,
  )
  const compilerOptions = { types: ['node'], noEmit: true, skipLibCheck: true, customConditions: ['@fairlead/source'] }
  const config = { extends: '../../../tsconfig.base.json', compilerOptions, include: ['.'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
  return run(compiler, ['-p', folder, '--pretty', 'false'])
}

beforeAll(async () => {
  controlPlane = await createControlPlane({ memory: true, logLevel: 'warn', env: { NODE_ENV: 'test' } })
  await controlPlane.listen(0, '127.0.0.1')
  const { key } = await controlPlane.bootstrapOrganization({ name: 'Test', slug: 'test', keyName: 'Test' })
  env = { FAIRLEAD_URL: controlPlane.url, FAIRLEAD_API_KEY: key.secret }
  const client = createClient({ baseUrl: controlPlane.url, apiKey: key.secret })
  const variables = { subject: { type: 'string' }, tone: { enum: ['kind', 'brief'], default: 'kind' } }
  await client.prompts.create({ key: 'reply', content: { text: '{{subject}} {{tone}}', variables } })
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await controlPlane.close()
})

it('the compiler knows the variables of a prompt once their types are written', async () => {
  expect(await types('--out', out, '--check')).toMatchObject({
    code: 1,
    output: expect.stringContaining('not up to date'),
  })
  expect(await types('--out', out)).toEqual({ code: 0, output: `${out} has the variables of 1 prompts.\n` })
  expect(await types('--out', out, '--check')).toMatchObject({ code: 0 })
  const right = `
    await client.prompts.get('reply', { label: 'production', variables: { subject: 'x' } })
    await client.prompts.get('reply', { variables: { subject: 'x', tone: 'brief' } })
    await client.prompts.get('reply')
    await client.prompts.get('another', { variables: { any: 1 } })`
  expect(await compile(right)).toEqual({ code: 0, output: '' })
  const wrong = [
    `get('reply', { variables: { tone: 'kind' } })`,
    `get('reply', { variables: { subject: 'x', tone: 'loud' } })`,
    `get('reply', { variables: { subject: 'x', subjcet: 'x' } })`,
    `get('reply', { label: 'a', branch: 'b' })`,
  ]
  const { output } = await compile(wrong.map((call) => `await client.prompts.${call}`).join('\n'))
  const linesWithErrors = [...output.matchAll(/main\.ts\((\d+),/g)].map(([, line]) => Number(line))
  expect(linesWithErrors).toEqual([3, 4, 5, 6])
}, 60_000)

it('says what is missing', async () => {
  expect(await types('--check')).toEqual({ code: 2, output: expect.stringContaining('--check needs --out') })
  expect(await types('--label', 'nope')).toEqual({
    code: 0,
    output: expect.stringContaining('The prompt "reply" has no label "nope": left out.'),
  })
  expect(await types('--url', 'http://127.0.0.1:1')).toEqual({
    code: 1,
    output: expect.stringContaining("can't be reached"),
  })
  env = { ...env, FAIRLEAD_API_KEY: '' }
  expect(await types()).toEqual({ code: 2, output: 'Set FAIRLEAD_API_KEY to a key with the scope prompt:read.\n' })
}, 60_000)

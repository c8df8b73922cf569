import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { permissions } from '@fairlead/core/base'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { TestLocation } from './database/testing/index.ts'
import { createTestLocation } from './database/testing/index.ts'
import { send } from './http/testing/call.suite.ts'

// Every step is a process of its own, which takes seconds to start on a busy machine.
vi.setConfig({ testTimeout: 180_000 })

const program = fileURLToPath(new URL('./cli.ts', import.meta.url))
const flags = ['--conditions=@fairlead/source', '--disable-warning=ExperimentalWarning']
const running = new Set<ChildProcess>()

let location: TestLocation
let environment: NodeJS.ProcessEnv

beforeAll(async () => {
  location = await createTestLocation('pglite')
  const { PATH, NODE_COMPILE_CACHE } = process.env
  environment = { PATH, NODE_COMPILE_CACHE, FAIRLEAD_DATA_DIR: location.options.dataDirectory!, LOG_LEVEL: 'warn' }
})
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
})
afterAll(async () => {
  await location.remove()
})

/** The program as a process of its own. */
function launch(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [...flags, program, ...args], { env: { ...environment, ...env } })
  running.add(child)
  const output = { stdout: '', stderr: '' }
  let changed = () => {}
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text
      changed()
    })
  }
  const exit = once(child, 'close').then(([code]) => {
    running.delete(child)
    changed()
    return code as number | null
  })
  return {
    output,
    exit,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** What the pattern finds in the output, as soon as it is there. */
    async until(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string> {
      for (;;) {
        const match = pattern.exec(output[stream])
        if (match) return match[1] ?? match[0]
        if (!running.has(child)) throw new Error(`It ended without ${pattern}: ${output.stdout}${output.stderr}`)
        await new Promise<void>((resolve) => (changed = resolve))
      }
    },
  }
}

async function run(...args: string[]) {
  const { output, exit } = launch(args)
  return { code: await exit, ...output }
}

describe('the command line', () => {
  test('explains itself', async () => {
    const { code, stdout, stderr } = await run('--help')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const command of ['serve', 'migrate', 'keys create', 'organizations list', 'openapi', 'doctor']) {
      expect(stdout).toContain(command)
    }
    expect(await run('--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/) })
  })

  test.each([
    [['sevre'], 'There is no command "sevre". Did you mean "serve"? See: fairlead --help\n'],
    [['keys', 'destroy'], 'keys destroy'],
    [['serve', '--prot', '1'], 'There is no option "--prot". Did you mean "--port"? See: fairlead --help\n'],
    [['-x'], 'There is no option "-x". See: fairlead --help\n'],
    [['serve', '--port'], "Option '--port <value>' argument missing. See: fairlead --help\n"],
    [['keys', 'create', '--name', 'x'], '--organization'],
    [['keys', 'create', '--organization', 'x', '--name', 'x', '--scopes', 'run:read,run:fast'], 'run:fast'],
    [['keys', 'create', '--organization', 'x', '--name', 'x', '--expires', 'soon'], 'soon'],
  ])('%j is not understood, which exit code 2 and a sentence say', async (args, culprit) => {
    const { code, stdout, stderr } = await run(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(culprit)
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  test('brings the database up to date', async () => {
    expect(await run('migrate')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^The database is at \d+\S*\.\n/),
    })
  })

  test('prints the OpenAPI document without a database', async () => {
    const { output, exit } = launch(['openapi'], { FAIRLEAD_DATA_DIR: '/nowhere/at/all' })
    expect(await exit).toBe(0)
    expect(JSON.parse(output.stdout)).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) })
  })

  test('makes organizations and keys, whose secrets stand alone on their lines, and revokes them', async () => {
    const made = await run('organizations', 'create', '--slug', 'acme', '--name', 'Acme')
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^fl_live_\S+\n$/) })
    const again = await run('organizations', 'create', '--slug', 'acme')
    expect(again).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('"acme" already') })
    expect((await run('organizations', 'list')).stdout).toMatch(/^[0-9a-f-]{36}\tacme\tAcme\n$/)

    const options = ['--organization', 'acme', '--name', 'CI', '--scopes', 'run:read,run:execute']
    const key = await run('keys', 'create', ...options, '--expires', '2999-01-31')
    expect(key).toMatchObject({ code: 0, stdout: expect.stringMatching(/^fl_live_\S+\n$/) })
    const { stdout: listed } = await run('keys', 'list', '--organization', 'acme')
    const [newest] = listed.split('\n')
    expect(newest).toMatch(/^[0-9a-f-]{36}\tlive\texpires 2999-01-31T00:00:00.000Z\tnever used\tCI$/)
    const [id] = newest!.split('\t')
    expect(await run('keys', 'revoke', '--organization', 'acme', id!)).toMatchObject({ code: 0 })
    expect((await run('keys', 'list', '--organization', 'acme')).stdout).toContain(`${id}\tlive\trevoked `)
    for (const wrong of ['01a20bd0-5e62-74a0-a323-5a700972ae64', 'none']) {
      const refused = await run('keys', 'revoke', '--organization', 'acme', wrong)
      expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(wrong) })
      expect(refused.stderr).not.toMatch(/\n\s+at /)
    }
    const unknown = await run('keys', 'list', '--organization', 'none')
    expect(unknown).toMatchObject({ code: 1, stdout: '', stderr: 'There is no organization "none".\n' })
  })
})

describe('the doctor', () => {
  test('finds a sound machine sound', async () => {
    const { code, stdout } = await run('doctor')
    expect(stdout).toMatch(/✔ Configuration[\s\S]*✔ Node[\s\S]*✔ Database +embedded in .*, at \d+[\s\S]*✔ Models/)
    expect(stdout).not.toContain('✘')
    expect(code).toBe(0)
  })

  test('names every variable that is wrong, and no secret', async () => {
    const { output, exit } = launch(['doctor'], { PORT: 'x', FAIRLEAD_SECRET: 'hush-hush', OPENAI_BASE_URL: 'nowhere' })
    expect(await exit).toBe(1)
    for (const variable of ['PORT', 'FAIRLEAD_SECRET', 'OPENAI_BASE_URL']) expect(output.stdout).toContain(variable)
    expect(output.stdout + output.stderr).not.toContain('hush-hush')
  })

  test('says what can not be reached', async () => {
    const nobody = createServer().listen(0, '127.0.0.1')
    await once(nobody, 'listening')
    const { port } = nobody.address() as AddressInfo
    nobody.close()
    const { output, exit } = launch(['doctor'], { DATABASE_URL: `postgres://fairlead:hush-hush@127.0.0.1:${port}/x` })
    expect(await exit).toBe(1)
    expect(output.stdout).toMatch(/✘ Database +.*can't be reached/)
    expect(output.stdout).not.toContain('hush-hush')
  })

  test('changes nothing: it makes no database where there is none', async () => {
    const directory = `${location.options.dataDirectory}-none`
    const { output, exit } = launch(['doctor', '--data-dir', directory])
    expect(await exit).toBe(0)
    expect(output.stdout).toContain(directory)
    expect(existsSync(directory)).toBe(false)
  })
})

/** A provider of models that says when it was asked and answers when it is let. */
async function openProvider() {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const server = createServer(async (_request, response) => {
    asked.resolve()
    await answer.promise
    const message = { role: 'assistant', content: 'Hello' }
    const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }
    const completion = { id: '1', object: 'chat.completion', created: 1, model: 'm', usage }
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ ...completion, choices: [{ index: 0, message, finish_reason: 'stop' }] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked: asked.promise,
    answer: answer.resolve,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** A server with a request under way that lasts for as long as the provider does. */
async function serveSlowly(provider: { url: string; asked: Promise<void> }, name: string) {
  const secret = (await run('organizations', 'create', '--slug', name)).stdout.trim()
  const server = launch(['serve', '--port', '0'], { OPENAI_BASE_URL: provider.url })
  const url = await server.until('stdout', /serves (http:\S+)/)
  const headers = { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' }
  const post = (path: string, body: object) =>
    send(`${url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  await post('/prompts', { key: 'hello', content: { text: 'Say hello.' } })
  const slow = post('/prompts/hello/try', {})
  // Whoever looks at it later shall see its failure.
  slow.catch(() => {})
  await provider.asked
  return { server, url, slow }
}

describe('serving', () => {
  test('lets what is under way end on SIGTERM, takes nothing new, and ends well', async () => {
    const provider = await openProvider()
    const { server, url, slow } = await serveSlowly(provider, 'patient')
    expect((await send(`${url}/readyz`, { headers: { Connection: 'close' } })).status).toBe(200)
    server.kill('SIGTERM')
    await server.until('stderr', /Shutting down/)
    provider.answer()
    expect(await slow).toMatchObject({ status: 200, body: { output: 'Hello' } })
    expect(await server.exit).toBe(0)
    await expect(send(`${url}/livez`, {})).rejects.toThrow()
    provider.close()
  })

  test('ends at once on a second signal, and the next start finds everything in order', async () => {
    const provider = await openProvider()
    const { server, slow } = await serveSlowly(provider, 'hasty')
    server.kill('SIGTERM')
    await server.until('stderr', /Shutting down/)
    server.kill('SIGTERM')
    expect(await server.exit).toBe(1)
    await expect(slow).rejects.toThrow()
    provider.close()
    expect(await run('organizations', 'list')).toMatchObject({ code: 0, stdout: expect.stringContaining('\thasty\t') })
  })

  test('says that the port is taken, which to try, and gives the database back', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const { code, stdout, stderr } = await run('serve', '--port', String(port))
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is taken by another program\\..*\n$`))
    other.close()
    expect(await run('migrate')).toMatchObject({ code: 0 })
  })

  test('keeps others from its embedded database: they say so and what to do instead, and the doctor is content', async () => {
    const server = launch(['serve', '--port', '0'])
    await server.until('stdout', /serves/)
    const organization = ['--organization', 'acme']
    for (const [args, instead] of [
      [['keys', 'list', ...organization], 'GET /api/v1/keys'],
      [['keys', 'create', ...organization, '--name', 'x'], 'POST /api/v1/keys'],
      [['keys', 'revoke', ...organization, 'some-id'], 'DELETE /api/v1/keys/some-id'],
      [['organizations', 'list'], 'Stop it first'],
    ] as const) {
      const { code, stdout, stderr } = await run(...args)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/^The embedded database in .* is in use by process \d+, a running server most likely\. /)
      expect(stderr).toContain(location.options.dataDirectory)
      expect(stderr).toContain(instead)
      expect(stderr).not.toMatch(/another data directory|\n\s+at /)
    }
    expect(await run('doctor')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/✔ Database +The embedded database in .* is in use by process/),
    })
    server.kill('SIGINT')
    expect(await server.exit).toBe(0)
  })

  test('makes an organization and shows its key where there is none, once', async () => {
    const { options, remove } = await createTestLocation('pglite')
    const fresh = { FAIRLEAD_DATA_DIR: options.dataDirectory! }
    const first = launch(['--port', '0'], fresh)
    const key = await first.until('stdout', /key +(fl_live_\S+)/)
    const url = await first.until('stdout', /serves (http:\S+)/)
    const { status, body } = await send(`${url}/api/v1/me`, { headers: { Authorization: `Bearer ${key}` } })
    expect({ status, body }).toMatchObject({ status: 200, body: { kind: 'key', permissions: [...permissions] } })
    first.kill('SIGTERM')
    expect(await first.exit).toBe(0)
    const second = launch(['--port', '0'], fresh)
    await second.until('stdout', /model .*\n/)
    second.kill('SIGTERM')
    expect(await second.exit).toBe(0)
    expect(second.output.stdout).not.toContain('fl_live_')
    await remove()
  })
})

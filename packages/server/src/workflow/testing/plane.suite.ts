import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Run, RunEvent } from '@fairlead/core/workflow'
import type { CallLine, ServerProcessOptions } from './server-process.ts'

/** A control plane in a process of its own. */
export interface ServerProcess {
  child: ChildProcess
  url: string
  /** Of the first start on a database; null later. */
  key: string | null
  /** What it has written to its log. */
  log(): string
  /** Kills it as a power cut would, and waits until it is gone. */
  kill(): Promise<void>
  /** Asks it to end and gives its exit code. */
  end(): Promise<number | null>
}

const script = join(import.meta.dirname, 'server-process.ts')

export async function startServer(options: ServerProcessOptions): Promise<ServerProcess> {
  const flags = ['--conditions=@fairlead/source', '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...flags, script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const gone = once(child, 'exit')
  let log = ''
  child.stderr.on('data', (chunk) => {
    log += chunk
  })
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{"url"')) {
      log += `${line}\n`
      continue
    }
    child.stdout.on('data', (chunk) => {
      log += chunk
    })
    child.stdout.resume()
    return {
      child,
      ...JSON.parse(line),
      log: () => log,
      kill: async () => {
        child.kill('SIGKILL')
        await gone
      },
      end: async () => {
        child.kill('SIGTERM')
        return (await gone)[0]
      },
    }
  }
  throw new Error(`The server did not come up:\n${log}`)
}

/** Calls the API of whichever server is up. */
export function createCaller(server: () => ServerProcess, key: string) {
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${server().url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return {
    send,
    async call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
      const response = await send(method, path, body)
      const text = await response.text()
      if (!response.ok) throw new Error(`${method} ${path} gave ${response.status}: ${text}`)
      return JSON.parse(text) as Answer
    },
  }
}

export type Caller = ReturnType<typeof createCaller>

/**
 * Follows a run's events over every interruption, the way a browser does: again from `Last-Event-ID`. Keeps what comes,
 * doublets too, for the test to look at.
 */
export class Follower {
  readonly seen: RunEvent[] = []
  readonly #caller: Caller
  readonly #runId: string
  readonly #waiting = new Set<() => void>()
  #stopped = false
  readonly #following: Promise<void>

  constructor(caller: Caller, runId: string) {
    this.#caller = caller
    this.#runId = runId
    this.#following = this.#follow()
  }

  /** Resolves with the first event, of those to come or already seen, that fits. */
  until(fits: (event: RunEvent) => boolean, timeoutMs = 60_000): Promise<RunEvent> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        finish()
      }
      const look = () => {
        const event = this.seen.find(fits)
        if (event) settle(() => resolve(event))
      }
      const last = () => JSON.stringify(this.seen.at(-1))
      const timer = setTimeout(
        () => settle(() => reject(new Error(`Waited in vain; of ${this.seen.length} events the last is ${last()}`))),
        timeoutMs,
      )
      this.#waiting.add(look)
      look()
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#following
  }

  async #follow(): Promise<void> {
    while (!this.#stopped) {
      const lastId = this.seen.at(-1)?.seq
      const headers: Record<string, string> = lastId === undefined ? {} : { 'Last-Event-ID': String(lastId) }
      try {
        const response = await this.#caller.send('GET', `/runs/${this.#runId}/events`, undefined, headers)
        if (response.status === 204) return
        await this.#read(response)
      } catch {
        // The server is down. It comes back, or the test gives up.
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }

  async #read(response: Response): Promise<void> {
    let text = ''
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      const messages = (text + piece).split('\n\n')
      text = messages.pop()!
      for (const message of messages) {
        const data = /^data: (.*)$/m.exec(message)?.[1]
        if (data === undefined) continue
        this.seen.push(JSON.parse(data) as RunEvent)
        for (const look of this.#waiting) look()
      }
    }
  }
}

export function readCalls(file: string): CallLine[] {
  if (!existsSync(file)) return []
  // A line that was cut off by the end of its process is none.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as CallLine)
}

export async function readRun(caller: Caller, runId: string): Promise<Run> {
  return caller.call<Run>('GET', `/runs/${runId}`)
}

import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface RunningExample {
  child: ChildProcess
  /** Everything it has printed so far. */
  output(): string
  /** Resolves with the match as soon as the output has one; rejects with the output when the example ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  /** The exit code. */
  ended: Promise<number | null>
}

/** Starts an example as a process of its own, without a terminal, the way its package.json does. */
export function runExample(folder: string, args: string[] = [], env: Record<string, string> = {}): RunningExample {
  const started = ['--conditions=@fairlead/source', '--disable-warning=ExperimentalWarning', 'start.ts', ...args]
  const { OPENAI_API_KEY, OPENAI_BASE_URL, ANTHROPIC_API_KEY, DATABASE_URL, ...offline } = process.env
  const child = spawn(process.execPath, started, {
    cwd: join(import.meta.dirname, folder),
    env: { ...offline, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const listeners = new Set<() => void>()
  const take = (chunk: Buffer) => {
    text += chunk
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  // Not "exit": what was printed last may come after it.
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return {
    child,
    output: () => text,
    ended,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(text)
          if (!match) return
          listeners.delete(look)
          resolve(match)
        }
        listeners.add(look)
        look()
        void ended.then((code) =>
          reject(new Error(`The example ended with ${code} before it printed ${pattern}:\n${text}`)),
        )
      }),
  }
}

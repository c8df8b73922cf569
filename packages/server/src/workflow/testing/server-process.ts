// A control plane as a process of its own, for tests that kill it. Its tool writes down every call before and after the
// work, where the test can count them whatever becomes of the process.
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createControlPlane } from '../../start.ts'

export interface ServerProcessOptions {
  databaseUrl?: string | undefined
  dataDirectory?: string | undefined
  leaseMs: number
  /** Where the tool writes its calls, one JSON object a line. */
  callsFile: string
  /** How long a call of the tool takes, in ms. */
  workMs: number
}

/** One line of the calls' file. */
export interface CallLine {
  pid: number
  key: string
  address: string
  step: 'begins' | 'ends'
}

const { callsFile, workMs, ...options } = JSON.parse(process.argv[2] ?? '{}') as ServerProcessOptions

const controlPlane = await createControlPlane({
  ...options,
  env: { LOG_LEVEL: 'warn', NODE_ENV: 'test' },
  tools: {
    work: async ({ n }: { n: number }, { idempotencyKey: key, address, signal }) => {
      const write = (step: CallLine['step']) =>
        appendFileSync(callsFile, `${JSON.stringify({ pid: process.pid, key, address, step } satisfies CallLine)}\n`)
      write('begins')
      await sleep(workMs, undefined, { signal })
      write('ends')
      return n * 2
    },
  },
})
const first = await controlPlane.bootstrapFirst({ name: 'Chaos', slug: 'chaos', keyName: 'Chaos' })
const url = await controlPlane.listen(0, '127.0.0.1')
process.once('SIGTERM', async () => {
  await controlPlane.close()
  process.exit(0)
})
process.stdout.write(`${JSON.stringify({ url, key: first?.key.secret ?? null })}\n`)

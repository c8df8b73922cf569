import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import type { RunEvent } from '@fairlead/core/workflow'
import { foldRunEvents } from '@fairlead/core/workflow'
import type { RunHandle } from '@fairlead/sdk'
import { expect, it, vi } from 'vitest'
import { answerInterrupts } from './approve.ts'

const node = {
  runId: 'run',
  at: '2026-01-01T00:00:00Z',
  address: 'approve',
  nodeId: 'approve',
  nodeType: 'human',
} as const
const choices = [
  { id: 'send', label: 'Send' },
  { id: 'hold', label: 'Hold' },
]
const asks: RunEvent = { ...node, seq: 1, type: 'node.waiting', request: { message: 'Send them?', choices } }
const waits: RunEvent = { runId: 'run', at: node.at, seq: 2, type: 'run.waiting', addresses: ['approve'] }
const resumes: RunEvent = { runId: 'run', at: node.at, seq: 3, type: 'run.resumed', attempt: 1 }

it('does not take for an answer what was typed before there was a question', async () => {
  const { answers, resume, keyboard, asked } = atTerminal()
  keyboard.write('hold\rho')
  expect(await answers.notice(waits)).toBe(true)
  expect(stripVTControlCharacters(asked())).toMatch(/command above: $/)
  keyboard.write('send\r')
  await vi.waitFor(() => expect(resume).toHaveBeenCalledWith({ address: 'approve', choice: 'send', by: 'terminal' }))
  expect(resume).toHaveBeenCalledTimes(1)
})

it('takes its question off the screen when the answer came from elsewhere', async () => {
  const { answers, keyboard, asked } = atTerminal()
  await answers.notice(waits)
  keyboard.write('se')
  await vi.waitFor(() => expect(asked()).toMatch(/se$/))
  const before = asked().length
  expect(await answers.notice(resumes)).toBe(false)
  // Two lines up, to the first column, and everything below cleared.
  expect(asked().slice(before)).toContain('\u001b[1A\u001b[1G\u001b[0J\n')
})

it('does not ask again what was answered before an earlier start ended', async () => {
  const { answers, asked } = atTerminal({ status: 'answered' })
  expect(await answers.notice(waits)).toBe(false)
  expect(asked()).toBe('')
})

/** A person at a terminal, before a run that waits for an answer. */
function atTerminal({ status = 'pending' } = {}) {
  const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => keyboard })
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 40 })
  let text = ''
  output.on('data', (chunk) => {
    text += chunk
  })
  const resume = vi.fn(async () => ({}))
  const run = {
    id: 'run',
    state: () => foldRunEvents([asks, waits]),
    get: async () => ({ interrupts: [{ address: 'approve', status }] }),
    resume,
  } as unknown as RunHandle
  const answers = answerInterrupts(run, {
    server: { url: 'http://127.0.0.1:1', apiKey: 'key' },
    screen: { show() {}, pause() {}, close() {} },
    input: keyboard as unknown as NodeJS.ReadStream,
    output: output as unknown as NodeJS.WriteStream,
  })
  return { answers, resume, keyboard, asked: () => text }
}

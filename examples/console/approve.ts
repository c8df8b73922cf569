import type { Interface } from 'node:readline'
import { clearScreenDown, createInterface, cursorTo, moveCursor } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'
import type { PendingQuestion, RunEvent } from '@fairlead/core/workflow'
import type { RunHandle } from '@fairlead/sdk'
import type { Screen } from './screen.ts'

/** Long enough for a terminal to hand over what it holds, too short to be noticed. */
const drainMs = 50

export interface Asking {
  /** Where an answer can be sent to; without, the questions are only told. */
  server: { url: string; apiKey: string } | undefined
  screen: Screen
  input: NodeJS.ReadStream
  output: NodeJS.WriteStream
}

/**
 * Says how to answer what the run waits for, and on a terminal asks for the answer. Whoever answers first wins: an
 * answer by HTTP ends the question in the terminal.
 */
export function answerInterrupts(
  run: Pick<RunHandle, 'id' | 'state' | 'get' | 'resume'>,
  { server, screen, input, output }: Asking,
) {
  let prompt: Interface | undefined

  const closePrompt = () => {
    prompt?.close()
    prompt = undefined
  }

  const erasePrompt = () => {
    if (!prompt) return
    if (output.isTTY) {
      const { rows } = prompt.getCursorPos()
      moveCursor(output, 0, -rows)
      cursorTo(output, 0)
      clearScreenDown(output)
      output.write('\n')
    }
    closePrompt()
  }

  const ask = (waiting: PendingQuestion) => {
    const choices = waiting.request.choices ?? []
    prompt = createInterface({ input, output })
    // While it asks, readline keeps Ctrl-C to itself.
    prompt.once('SIGINT', interrupt)
    const question = `\nAnswer here (${choices.map(({ id }) => id).join(' or ')}), or with the command above: `
    prompt.question(question, (text) => {
      const choice = choices.find(({ id }) => id === text.trim())
      closePrompt()
      if (!choice) {
        output.write(`${styleText('yellow', `"${text.trim()}" is none of the choices.`)}\n`)
        return ask(waiting)
      }
      run.resume({ address: waiting.address, choice: choice.id, by: 'terminal' }).catch((error: unknown) => {
        output.write(`${styleText('yellow', error instanceof Error ? error.message : String(error))}\n`)
      })
    })
  }

  return {
    /** Whether somebody is asked now. A run that waits does nothing, so any event but that ends the question. */
    async notice(event: RunEvent): Promise<boolean> {
      erasePrompt()
      if (event.type !== 'run.waiting') return false
      const questions = await openQuestions(run)
      const [first] = questions
      if (!first) return false
      screen.pause()
      for (const question of questions) output.write(`${describe(question, run.id, server)}\n`)
      if (server && input.isTTY) {
        await discardTypedAhead(input)
        ask(first)
      }
      return true
    },
    close: erasePrompt,
  }
}

/** Without those that were answered since: the events of a run that is taken up again begin with the past. */
async function openQuestions(run: Pick<RunHandle, 'state' | 'get'>): Promise<PendingQuestion[]> {
  const { interrupts } = await run.get()
  const closed = new Set(interrupts.filter(({ status }) => status !== 'pending').map(({ address }) => address))
  return run.state().interrupts.filter(({ address }) => !closed.has(address))
}

/** What was typed before there was a question is no answer to it. */
async function discardTypedAhead(input: NodeJS.ReadStream): Promise<void> {
  const discard = (typed: Buffer | string) => {
    if (String(typed).includes('\u0003')) interrupt()
  }
  // Hands over the line that is not finished, too.
  input.setRawMode(true)
  input.on('data', discard)
  await sleep(drainMs)
  input.off('data', discard).pause().setRawMode(false)
}

function interrupt(): void {
  process.kill(process.pid, 'SIGINT')
}

function describe({ address, request }: PendingQuestion, runId: string, server: Asking['server']): string {
  const lines = [
    '',
    `${styleText('magenta', '◆ Waiting for a person')} at ${address}:`,
    request.message.replace(/^/gm, '    '),
    '',
    ...(request.choices ?? []).map(({ id, label }) => `    ${id.padEnd(8)}${label}`),
  ]
  if (!server) return lines.join('\n')
  const [choice] = request.choices ?? []
  const body = JSON.stringify({ address, ...(choice ? { choice: choice.id } : { values: {} }) })
  const headers = `-H 'Authorization: Bearer ${server.apiKey}' -H 'Content-Type: application/json'`
  const command = `curl -X POST ${server.url}/api/v1/runs/${runId}/resume ${headers} -d '${body}'`
  return [...lines, '', '  Approve it from another terminal:', `  ${command}`].join('\n')
}

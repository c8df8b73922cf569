import type { Interface } from 'node:readline'
import { createInterface } from 'node:readline'
import { styleText } from 'node:util'
import type { RunEvent } from '@fairlead/core/workflow'
import type { RunHandle } from '@fairlead/sdk'
import type { Screen } from './screen.ts'

type Waiting = Extract<RunEvent, { type: 'node.waiting' }>

/**
 * Says how to answer what the run waits for, and on a terminal asks for the answer. Whoever answers first wins: an
 * answer by HTTP ends the question in the terminal.
 */
export function answerInterrupts(
  run: RunHandle,
  { url, apiKey, screen, input }: { url: string; apiKey: string; screen: Screen; input: NodeJS.ReadStream },
) {
  const open = new Map<string, Waiting>()
  let prompt: Interface | undefined

  const closePrompt = () => {
    prompt?.close()
    prompt = undefined
  }

  const ask = (waiting: Waiting) => {
    const choices = waiting.request.choices ?? []
    prompt = createInterface({ input, output: process.stdout })
    // While it asks, readline keeps Ctrl-C to itself.
    prompt.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
    const question = `\nAnswer here (${choices.map(({ id }) => id).join(' or ')}), or with the command above: `
    prompt.question(question, (text) => {
      const choice = choices.find(({ id }) => id === text.trim())
      closePrompt()
      if (!choice) {
        console.log(styleText('yellow', `"${text.trim()}" is none of the choices.`))
        return ask(waiting)
      }
      run.resume({ address: waiting.address, choice: choice.id, by: 'terminal' }).catch((error: unknown) => {
        console.log(styleText('yellow', error instanceof Error ? error.message : String(error)))
      })
    })
  }

  return {
    notice(event: RunEvent) {
      if (event.type === 'node.waiting') open.set(event.address, event)
      if (event.type === 'node.completed' && open.delete(event.address)) closePrompt()
      if (event.type !== 'run.waiting') return
      screen.pause()
      for (const waiting of open.values()) console.log(describe(waiting, { url, apiKey, runId: run.id }))
      const [first] = open.values()
      if (first && input.isTTY) ask(first)
    },
    close: closePrompt,
  }
}

function describe(
  { address, request }: Waiting,
  { url, apiKey, runId }: { url: string; apiKey: string; runId: string },
): string {
  const [choice] = request.choices ?? []
  const body = JSON.stringify({ address, ...(choice ? { choice: choice.id } : { values: {} }) })
  return [
    '',
    `${styleText('magenta', '◆ Waiting for a person')} at ${address}:`,
    request.message.replace(/^/gm, '    '),
    '',
    ...(request.choices ?? []).map(({ id, label }) => `    ${id.padEnd(8)}${label}`),
    '',
    '  Approve it from another terminal:',
    `  curl -X POST ${url}/api/v1/runs/${runId}/resume -H 'Authorization: Bearer ${apiKey}' -H 'Content-Type: application/json' -d '${body}'`,
  ].join('\n')
}

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command, MemorySaver } from '@langchain/langgraph'
import { expect, it } from 'vitest'
import { compileWorkflow } from './compile.ts'

const page = readFileSync(fileURLToPath(new URL('../../../../docs/workflow.md', import.meta.url)), 'utf8')
const [, json] = /```json\n([\s\S]*?)```/.exec(page)!
const [, code] = /```ts\n(import \{ compileWorkflow \}[\s\S]*?)```/.exec(page)!
const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => (...given: unknown[]) => Promise<void>

it('the code in docs/workflow.md asks a person, again after an answer that does not fit, and goes on', async () => {
  const said: unknown[] = []
  const questions: unknown[] = []
  const answers = ['maybe', { choice: 'yes', by: 'ada' }]
  const given = {
    compileWorkflow,
    Command,
    MemorySaver,
    workflow: JSON.parse(json!),
    tools: { 'order.find': () => ({ total: 120 }) },
    models: { default: () => 'We refund it.' },
    prompts: { 'refund-letter': 'Refund {{total}} for "{{reason}}".' },
    ask: async (message: string, choices: { id: string }[]) => {
      questions.push([message, choices.map(({ id }) => id)])
      return answers.shift()
    },
    console: { log: (line: unknown) => said.push(line) },
  }
  await new AsyncFunction(...Object.keys(given), code!.replace(/^import .*\n/gm, ''))(...Object.values(given))
  const question = ['Refund 120 for "It leaks"?', ['yes', 'no']]
  expect(questions).toEqual([question, question])
  expect(said).toEqual(['The answer does not fit the question: must be one of "yes", "no"', 'We refund it.'])
})

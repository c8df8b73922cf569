import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { promptEndpoints } from '../packages/core/src/prompt/index.ts'
import { PromptContent, promptContract } from '../packages/core/src/prompt/schema.ts'
import { parseWorkflow, validateWorkflow } from '../packages/core/src/workflow/index.ts'
import { statusOfCode } from '../packages/server/src/http/problem.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pages = readdirSync(join(root, 'docs')).map((name) => [name, readFileSync(join(root, 'docs', name), 'utf8')])
const documentsOf = (text) => [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json]) => JSON.parse(json))

it('the workflows in docs/workflow.md are valid', () => {
  const documents = documentsOf(new Map(pages).get('workflow.md'))
  expect(documents.length).toBeGreaterThan(0)
  for (const document of documents) {
    expect(parseWorkflow(document)).toMatchObject({ ok: true })
    expect(validateWorkflow(document)).toEqual([])
  }
})

it('the prompts in docs/prompt.md are valid', () => {
  const documents = documentsOf(new Map(pages).get('prompt.md'))
  expect(documents.length).toBeGreaterThan(0)
  for (const document of documents) expect(PromptContent.parse(document)).toEqual(document)
})

it('docs/prompt.md lists what every request of a prompt carries', () => {
  const table = [...new Map(pages).get('prompt.md').matchAll(/^\| `([A-Z]+ \/\S+)`( ¹)? \| (.+) \|$/gm)]
  const described = new Map(table.map(([, request, precondition, fields]) => [request, { precondition, fields }]))
  const rules = Object.keys(promptContract.createProtectionRule.body.shape)
  for (const name of rules.slice(3)) expect(new Map(pages).get('prompt.md')).toContain(`\`${name}\``)
  const withBody = Object.entries(promptEndpoints).filter(([name]) => promptContract[name].body)
  expect([...described.keys()]).toEqual(withBody.map(([, { method, path }]) => `${method} ${path}`))
  for (const [name, { method, path, ifMatch }] of withBody) {
    const { precondition, fields } = described.get(`${method} ${path}`)
    expect([path, precondition !== undefined]).toEqual([path, ifMatch !== undefined])
    if (path.startsWith('/prompt-protection-rules')) continue
    const shown = (field, schema) => (schema.safeParse(undefined).success ? `\`${field}\`` : `**\`${field}\`**`)
    const { shape } = promptContract[name].body
    expect(fields).toBe(
      Object.entries(shape)
        .map(([field, schema]) => shown(field, schema))
        .join(', '),
    )
  }
})

it('docs/prompt.md says what is in every 409 and 412 of a prompt', () => {
  const [, section] = /^## What 409 and 412 say\n([\s\S]*?)^## /m.exec(new Map(pages).get('prompt.md'))
  for (const [code, status] of Object.entries(statusOfCode)) {
    if (!code.startsWith('prompt.') || (status !== 409 && status !== 412)) continue
    expect(section).toContain(`\`${code}\``)
    const row = section.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${code}\``))
    if (row) expect(row).toMatch(new RegExp(`^\\| ${status} `))
  }
})

it.each(pages)('every file that docs/%s links to is there', (_name, text) => {
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path)
  for (const link of links) expect([link, existsSync(join(root, 'docs', link))]).toEqual([link, true])
})

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { parseWorkflow, validateWorkflow } from '../packages/core/src/workflow/index.ts'

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs')
const pages = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')])

it.each(pages)('the workflows in docs/%s are valid', (_name, text) => {
  const documents = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json]) => JSON.parse(json))
  expect(documents.length).toBeGreaterThan(0)
  for (const document of documents) {
    expect(parseWorkflow(document)).toMatchObject({ ok: true })
    expect(validateWorkflow(document)).toEqual([])
  }
})

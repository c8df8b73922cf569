import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { experimentEndpoints } from '../packages/core/src/experiment/index.ts'
import { experimentContract } from '../packages/core/src/experiment/schema.ts'
import { promptEndpoints } from '../packages/core/src/prompt/index.ts'
import { promptContract } from '../packages/core/src/prompt/schema.ts'
import { Experiments } from '../packages/sdk/src/experiment/experiments.ts'

const page = readFileSync(new URL('../docs/experiment.md', import.meta.url), 'utf8')
const [, reference, answers] = page.split(/\n## (?:Fields|Answers)\n/)
const sectionsOf = (text) => text.split(/^### /m).slice(1)
const withTitle = (section) => [section.split('\n')[0], section]
const sections = sectionsOf(reference)
const requests = Object.entries(experimentEndpoints).map(([name, { method, path }]) => ({
  request: `${method} ${path}`,
  ...experimentContract[name],
}))
const withBody = requests.filter(({ body }) => body)

/** By its path, what a schema says of every field that may stand somewhere in it. */
function fieldsOf(schema, path = '', fields = new Map(), isChoice = false) {
  for (const branch of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) fieldsOf(branch, path, fields, true)
  if (schema.items) fieldsOf(schema.items, `${path}[]`, fields)
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const at = path === '' ? name : `${path}.${name}`
    const choices = [...(fields.get(at)?.choices ?? []), ...(field.enum ?? [field.const ?? []].flat())]
    const isRequired = !isChoice && (schema.required ?? []).includes(name)
    fields.set(at, fields.get(at) ?? { isRequired, initial: field.default, choices })
    Object.assign(fields.get(at), { choices })
    fieldsOf(field, at, fields)
  }
  return fields
}

const jsonSchemaOf = (schema) => schema.toJSONSchema({ io: 'input', unrepresentable: 'any' })
const rowsOf = (text) => [...text.matchAll(/^\| `([^`]+)` \| (.*?) \| (.*?) \| .*\|$/gm)]

function expectRows(text, fields) {
  const rows = rowsOf(text)
  expect(rows.map(([, path]) => path).sort()).toEqual([...fields.keys()].sort())
  for (const [row, path, , initial] of rows) {
    const field = fields.get(path)
    // Some are told in words.
    const isSaid = field.initial !== undefined && path !== 'metrics' && path !== 'stopping'
    if (isSaid) expect([path, initial]).toEqual([path, `\`${JSON.stringify(field.initial)}\``])
    if (field.isRequired) expect([path, initial]).toEqual([path, 'required'])
    if (field.initial === undefined && !field.isRequired)
      expect([path, initial]).toEqual([path, expect.stringMatching(/^(—|one of both|required)$/)])
    for (const choice of field.choices)
      expect(row).toContain(typeof choice === 'string' ? `\`${choice}\`` : `${choice}`)
  }
}

it('docs/experiment.md has a table for every request that carries something', () => {
  const told = sections.flatMap((section) => [...section.split('\n')[0].matchAll(/`([A-Z]+ \/\S+)`/g)])
  expect(told.map(([, request]) => request).sort()).toEqual(withBody.map(({ request }) => request).sort())
})

it.each(sections.slice(0, -1).map(withTitle))('docs/experiment.md lists all of %s', (title, section) => {
  const told = withBody.filter(({ request }) => title.includes(`\`${request}\``))
  // What creates comes first, and says what the defaults are.
  const fields = new Map(told.flatMap(({ body }) => [...fieldsOf(jsonSchemaOf(body))]).reverse())
  for (const path of fields.keys()) if (path.startsWith('bucketing.settings.')) fields.delete(path)
  expectRows(section.replace(/\| settings of [\s\S]*?\n\n/g, ''), fields)
})

it('docs/experiment.md lists the settings of every bucketing scheme', () => {
  const { bucketing } = jsonSchemaOf(experimentContract.createAbTest.body).properties
  for (const { properties } of bucketing.anyOf[0].oneOf) {
    const scheme = properties.scheme.const
    const table = reference.split('\n\n').find((one) => /^\| settings of /.test(one) && one.includes(`\`${scheme}\``))
    expect([scheme, table]).toEqual([scheme, expect.any(String)])
    expectRows(table.split('\n').slice(2).join('\n'), fieldsOf(properties.settings))
  }
})

it.each(sectionsOf(answers).map(withTitle))('docs/experiment.md lists all that is answered to %s', (title, section) => {
  const { responses } = requests.find(({ request }) => title === `\`${request}\``)
  const [answer] = Object.values(responses)
  const fields = [...fieldsOf(answer.toJSONSchema({ unrepresentable: 'any' })).keys()]
  const told = section.split('\n').flatMap((row) => [...row.replace(/^\| (.*?) \|.*$|.*/, '$1').matchAll(/`([^`]+)`/g)])
  // The last look has a table of its own.
  expect(told.map(([, path]) => path).sort()).toEqual(fields.filter((path) => !path.startsWith('look.')).sort())
})

it('docs/experiment.md lists what queries take', () => {
  let request = ''
  const told = [...sections.at(-1).matchAll(/^\| (?:`([A-Z]+ \S+)`)? ?\| `(\w+)` \| (.*) \|$/gm)].map(
    ([, first, name]) => {
      request = first ?? request
      return `${request} ${name}`
    },
  )
  const taken = requests.flatMap(({ request: asked, query }) =>
    Object.keys(query?.shape ?? {}).flatMap((name) => (/^(limit|cursor)$/.test(name) ? [] : `${asked} ${name}`)),
  )
  expect(told.sort()).toEqual(taken.sort())
})

it('the requests that docs/experiment.md shows fit', () => {
  const endpoints = Object.entries({ ...experimentEndpoints, ...promptEndpoints })
  const contract = { ...experimentContract, ...promptContract }
  const shown = [...page.matchAll(/```http\n([A-Z]+) \/api\/v1(\/\S+)\n([\s\S]*?)```/g)]
  expect(shown.length).toBeGreaterThan(6)
  for (const [, method, path, rest] of shown) {
    const [headers, body] = [rest.split('\n\n')[0], rest.slice(rest.indexOf('\n{') + 1)]
    const found = endpoints.find(
      ([, one]) => one.method === method && new RegExp(`^${one.path.replace(/:\w+/g, '[^/]+')}$`).test(path),
    )
    expect([method, path, found?.[0]]).toEqual([method, path, expect.any(String)])
    const [name, { ifMatch }] = found
    expect([path, contract[name].body.safeParse(JSON.parse(body)).error]).toEqual([path, undefined])
    if (ifMatch) expect([path, headers]).toEqual([path, expect.stringMatching(/^If-(None-)?Match: /m)])
  }
})

it('docs/experiment.md names every method that a client has', () => {
  const methods = Object.getOwnPropertyNames(Experiments.prototype).filter(
    (name) => !/^(constructor|local)$/.test(name),
  )
  const told = page.match(/For each request of this page([\s\S]*?)\n\n/)[1]
  expect(
    [...told.matchAll(/`(\w+)`/g)].map(([, name]) => name).filter((name) => !/^(client|etag)$/.test(name)),
  ).toEqual(expect.arrayContaining(methods))
})

import { expect, test } from 'vitest'
import { orderDesk, orderDeskCatalog } from './fixture.suite.ts'
import { validateWorkflow } from './validate.ts'

function warnings(parts: Record<string, unknown>) {
  const found = validateWorkflow(orderDesk(), { ...orderDeskCatalog, ...parts } as never)
  return found.filter(({ code }) => code === 'workflow.bad_catalog')
}

test('variables that are a list are told, with what they have to be', () => {
  const [first, ...others] = orderDeskCatalog.prompts
  expect(warnings({ prompts: [{ ...first, variables: ['mail'] }, ...others] })).toEqual([
    {
      code: 'workflow.bad_catalog',
      severity: 'warning',
      nodeId: null,
      path: '',
      message:
        'The catalogue\'s "prompts[0].variables" is ["mail"], which is not an object, so names are not fully checked.',
      hint: '"prompts" is a list of { id, key, variables }, where "variables" has a JSON Schema under the name of each variable.',
    },
  ])
})

test.each<[string, Record<string, unknown>, string]>([
  ['a part that is no list', { tools: { 'mail.send': {} } }, '"tools" is {"mail.send":{}}, which is not a list'],
  ['an entry that is no object', { models: ['default'] }, '"models[0]" is "default", which is not an object'],
  ['an entry without an id', { models: [{ name: 'default' }] }, '"models[0].id" is missing'],
  ['an id that is no text', { models: [{ id: 5 }] }, '"models[0].id" is 5, which is not a text'],
  ['a key that is no text', { prompts: [{ id: 'a', key: 5 }] }, '"prompts[0].key" is 5, which is not a text'],
  [
    'a variable that is no schema',
    { prompts: [{ id: 'a', variables: { mail: 'string' } }] },
    '"prompts[0].variables.mail" is "string", which is not a JSON Schema',
  ],
  ['a schema that is none', { tools: [{ id: 'a', inputSchema: [] }] }, '"tools[0].inputSchema" is []'],
  ['what is not JSON', { tools: [{ id: 'a', inputSchema: { run: () => 1 } }] }, '"tools[0].inputSchema.run" holds'],
])('%s is told once, however often it comes', (_, parts, said) => {
  const found = warnings(parts)
  expect(found).toHaveLength(1)
  expect(found[0]!.message).toContain(said)
})

test('parts that are left out, and what a prompt or tool does not say, are no fault', () => {
  expect(warnings({ prompts: undefined, models: undefined, tools: [{ id: 'a' }] })).toEqual([])
  expect(warnings({ prompts: [{ id: 'a', key: 'b' }, { id: 'c' }] })).toEqual([])
})

import { expect, test } from 'vitest'
import { orderDesk, orderDeskCatalog } from './fixture.suite.ts'
import { validateWorkflow } from './validate.ts'

test.each<[what: string, change: (workflow: ReturnType<typeof orderDesk>) => void, meant: string]>([
  ['a node type', ({ nodes }) => Object.assign(nodes[13]!, { type: 'tol' }), 'tool'],
  ['a key', ({ nodes }) => Object.assign(nodes[13]!.data, { onErorr: 'fail' }), 'onError'],
  ['a choice among words', ({ nodes }) => Object.assign(nodes[13]!.data, { onError: 'rout' }), 'route'],
  ['the target of an edge', ({ edges }) => Object.assign(edges[6]!, { target: 'tdiy' }), 'tidy'],
  ['a node in a body', ({ nodes }) => Object.assign(nodes[8]!.data.config, { bodyNodes: ['wriet'] }), 'write'],
  ['a variable in an expression', ({ outputs }) => Object.assign(outputs, { reply: 'darft.text' }), 'draft'],
  ['a member in an expression', ({ outputs }) => Object.assign(outputs, { reply: 'draft.txet' }), 'text'],
  ['a function', ({ outputs }) => Object.assign(outputs, { reply: 'siez(draft.text)' }), 'size'],
  ['a name in a message', ({ nodes }) => Object.assign(nodes[11]!.data.config, { message: '{{maill}}' }), 'mail'],
  ['a written variable', ({ nodes }) => Object.assign(nodes[14]!.data.config, { outputVariable: 'recept' }), 'receipt'],
  ['a prompt', ({ nodes }) => Object.assign(nodes[9]!.data.config, { promptId: 'repyl' }), 'reply'],
  ['a model', ({ nodes }) => Object.assign(nodes[9]!.data.config, { modelId: 'defualt' }), 'default'],
  ['a tool', ({ nodes }) => Object.assign(nodes[13]!.data.config, { toolId: 'mail.sned' }), 'mail.send'],
  [
    'a parameter',
    ({ nodes }) => Object.assign(nodes[13]!.data.config, { inputMapping: { too: 'address', text: 'draft.text' } }),
    'to',
  ],
])('%s that was misspelt is named in the hint', (_, change, meant) => {
  const workflow = orderDesk()
  change(workflow)
  const hints = validateWorkflow(workflow, orderDeskCatalog).map(({ hint }) => hint)
  expect(hints).toEqual(expect.arrayContaining([expect.stringContaining(`Did you mean "${meant}"?`)]))
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orderDesk, orderDeskCatalog } from './fixture.suite.ts'
import { didYouMean, nearMiss } from './near-miss.ts'
import { validateWorkflow } from './validate.ts'

test.each([
  ['reciept', ['recipe', 'receipt'], 'receipt'],
  ['Draft', ['draft', 'draught'], 'draft'],
  ['mailsend', ['mail.send', 'mail.read'], 'mail.send'],
  ['tol', ['tool', 'loop'], 'tool'],
  ['x', ['y', 'z'], 'y'],
  ['price', ['approval', 'address'], null],
  ['', ['a'], 'a'],
  ['anything', [], null],
])('%s among %j means %s', (name, candidates, expected) => {
  expect(nearMiss(name, candidates)).toBe(expected)
})

test('one letter more, less, other or two of them swapped is a near miss of a longer name', () => {
  const long = fc.stringMatching(/^[a-z]{4,20}$/)
  const letter = fc.stringMatching(/^[a-z]$/)
  fc.assert(
    fc.property(long, letter, fc.nat(), fc.nat(3), (name, other, at, kind) => {
      const i = at % (name.length - 1)
      const spelled = [
        name.slice(0, i) + other + name.slice(i),
        name.slice(0, i) + name.slice(i + 1),
        name.slice(0, i) + other + name.slice(i + 1),
        name.slice(0, i) + name[i + 1] + name[i] + name.slice(i + 2),
      ][kind]!
      expect(nearMiss(spelled, ['0123456789', name, '9876543210'])).toBe(name)
    }),
  )
})

test('a hint names what was meant, else some of what there is', () => {
  expect(didYouMean('tol', ['tool', 'loop'])).toBe('Did you mean "tool"?')
  expect(didYouMean('zebra', ['tool'])).toBe('There is "tool".')
  expect(didYouMean('zebra', ['tool', 'loop'])).toBe('There are "tool", "loop".')
  expect(
    didYouMean(
      'zebra',
      Array.from({ length: 20 }, (_, n) => `name ${n}`),
    ),
  ).toMatch(/"name 7", …\.$/)
  expect(didYouMean('zebra', [])).toBe('')
})

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

import { describe, expect, test } from 'vitest'
import { broken, edge } from './defect.suite.ts'
import { orderDesk } from './fixture.suite.ts'
import { validateWorkflow } from './validate.ts'

/** Message and hint of each finding. */
function advice(changes: Record<string, unknown>): string[] {
  return validateWorkflow(broken(orderDesk(), changes)).map(({ message, hint }) => `${message} ${hint}`)
}

describe('what a map’s body writes', () => {
  test('and something behind the map reads is said to stay with its item, with what to do', () => {
    const said =
      '"stock" is written inside the map "each" only, where what a node writes stays with its item. Take it out by the map\'s "result", or give "stock" a reducer, which combines the items\' values.'
    expect(advice({ 'nodes.pricing.data.config.inputMapping.items': '[stock]' })).toEqual([said])
    expect(advice({ 'outputs.found': 'stock' })).toEqual([said])
    expect(advice({ 'nodes.approve.data.config.message': 'Send {{stock}}?' })).toEqual([said])
  })

  test('and another item’s node reads before it is written is a path that has not written it', () => {
    const [found] = advice({ 'nodes.look.data.config.inputMapping.sku': 'string(stock)' })
    expect(found).toContain('Some path to here has not written the variable "stock" ("look" would).')
  })
})

describe('a text without quotes', () => {
  const hintOf = (text: string) => advice({ 'nodes.send.data.config.inputMapping.text': text })[0]

  test.each(['Blue tent', 'Dear Ms. Smith, your order is on its way', 'mail@example.com', 'https://example.com/a'])(
    '%s is told that it needs them',
    (text) => {
      expect(hintOf(text)).toContain("A text stands in quotes: '")
    },
  )

  test('of one word may also be a misspelt name', () => {
    expect(hintOf('Blue')).toContain("Or if the text is meant, put it in quotes: 'Blue'.")
    expect(hintOf('daft')).toContain('Did you mean "draft"? Or if the text is meant')
  })

  test.each(['draft.text +', 'draft.', '(draft.text', 'daft.text', 'line', 'draft.text ? 1'])(
    '%s is not taken for one',
    (source) => {
      expect(hintOf(source)).not.toContain('quotes:')
    },
  )

  test('is not what a condition wants', () => {
    expect(advice({ 'nodes.check.data.config.expression': 'very urgent' })[0]).not.toContain('quotes:')
  })
})

test('an edge whose id is taken is told which edge has it', () => {
  expect(advice({ 'edges.e6.id': 'e5' })).toEqual([
    'The id "e5" is that of the edge from "both" to "locate" too. Give each edge its own id.',
  ])
})

test('a key that is part of another is told which, and the other is not missed as well', () => {
  const retry = { attempts: 3, initialIntervalMs: 1, backoffFactor: 1 }
  expect(advice({ 'nodes.send.data.retry': retry })).toEqual([
    'There is no key "attempts" here. Did you mean "maxAttempts"? Unknown keys are allowed inside JSON Schemas only.',
  ])
})

test('an edge that does not say by which handle it leaves is told by which it can', () => {
  const says = (node: string, handles: string) => [
    `The edge does not say by which handle it leaves ${node}. Set "sourceHandle" to ${handles}.`,
  ]
  expect(advice({ 'edges.e9.sourceHandle': undefined })).toEqual(says('"polish", a loop node', '"done"'))
  expect(advice({ 'edges.+': edge('polish', 'write') })).toEqual(says('"polish", a loop node', '"body"'))
  expect(advice({ 'edges.+': edge('check', 'report') })).toEqual(says('"check", a condition node', '"true" or "false"'))
})

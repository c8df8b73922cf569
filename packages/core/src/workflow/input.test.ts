import { describe, expect, it } from 'vitest'
import { inputFaults } from './input.ts'

const inputs = {
  question: { type: 'string' },
  language: { type: 'string', default: 'English' },
  'odd/name~': { type: 'array', items: { type: 'number' } },
}

describe('the inputs of a workflow', () => {
  it('fit when each is there or has a default, and is of its schema', () => {
    expect(inputFaults(inputs, { question: 'Why?', 'odd/name~': [1] })).toEqual([])
    expect(inputFaults(inputs, { question: 'Why?', language: 'Dutch', 'odd/name~': [] })).toEqual([])
  })

  it('are all judged at once, each fault with its pointer', () => {
    const faults = inputFaults(inputs, { language: 1, 'odd/name~': [1, 'two'], extra: true })
    expect(faults.map(({ pointer }) => pointer)).toEqual(['/question', '/language', '/odd~1name~0/1', '/extra'])
    expect(faults.at(-1)?.message).toContain('its inputs are question, language')
  })

  it('are taken from the values alone, not from what every object has', () => {
    expect(inputFaults({ constructor: { type: 'object' } }, {})).toMatchObject([{ pointer: '/constructor' }])
    expect(inputFaults({}, { a: 1 })).toMatchObject([{ message: 'Is no input of the workflow; it has none.' }])
  })
})

import { describe, expect, it } from 'vitest'
import { StepBudget } from '../base/index.ts'
import { schemaFaults } from './schema-faults.ts'

describe('the schemas of a version', () => {
  it('are named to the very word that is wrong, with the one that was probably meant', () => {
    const faults = schemaFaults({
      text: '',
      variables: {
        name: { type: 'strin' },
        'a/b': { properties: { deep: { minLength: -1 } } },
        sound: { type: ['string', 'null'] },
        any: true,
      },
      outputSchema: { type: 'object', properties: { answer: { type: 'str' } }, required: 'answer' },
    })
    expect(faults).toEqual([
      { pointer: '/variables/name/type', message: 'There is no type "strin". Did you mean "string"?' },
      {
        pointer: '/variables/a~1b/properties/deep/minLength',
        message: '"minLength" must be a whole number from 0, not -1.',
      },
      { pointer: '/outputSchema/required', message: '"required" must be a list of distinct strings, not "answer".' },
      {
        pointer: '/outputSchema/properties/answer/type',
        message: 'There is no type "str". There are null, boolean, object, array, number, string, integer.',
      },
    ])
  })

  it('have defaults that fit them', () => {
    const language = { enum: ['English', 'French'], default: 'Klingon' }
    const [fault, ...more] = schemaFaults({ text: '', variables: { language } })
    expect(fault).toMatchObject({ pointer: '/variables/language/default' })
    expect(fault!.message).toMatch(/^The default does not fit: /)
    expect(more).toEqual([])
    expect(schemaFaults({ text: '', variables: { language: { ...language, default: 'French' } } })).toEqual([])
  })

  it('cost together no more than their budget', () => {
    const variables = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`v${n}`, { pattern: 'a{900}' }]))
    const faults = schemaFaults({ text: '', variables }, new StepBudget(20_000))
    expect(faults.at(-1)).toEqual({
      pointer: '/variables/v99',
      message: 'Its patterns take more than 20,000 steps to compile.',
    })
  })
})

import { FakeListChatModel } from '@langchain/core/utils/testing'
import { describe, expect, it } from 'vitest'
import { withParameters } from './model-parameters.ts'

/** Made and told like LangChain's models that can be made again. */
class Remakeable {
  lc_serializable = true
  readonly lc_kwargs: Record<string, unknown>
  temperature: number | undefined
  maxTokens: number | undefined
  topP: number | undefined
  constructor(fields: Record<string, unknown>) {
    this.lc_kwargs = fields
  }
  async invoke(): Promise<string> {
    return JSON.stringify(this.lc_kwargs)
  }
}

describe('a model with the parameters of a prompt version', () => {
  it('is made again with them, and keeps what it was made with', async () => {
    const model = new Remakeable({ model: 'm', apiKey: 'k', temperature: 1 })
    const made = withParameters(model, { temperature: 0.2, max_tokens: 5, topP: 0.9, stop: ['.'] })
    expect(JSON.parse((await made.invoke([])) as string)).toEqual({
      model: 'm',
      apiKey: 'k',
      temperature: 0.2,
      maxTokens: 5,
      topP: 0.9,
    })
    expect(model.lc_kwargs.temperature).toBe(1)
  })

  it('is made once for each set of parameters', () => {
    const model = new Remakeable({})
    expect(withParameters(model, { temperature: 0.2 })).toBe(withParameters(model, { temperature: 0.2 }))
    expect(withParameters(model, { temperature: 0.3 })).not.toBe(withParameters(model, { temperature: 0.2 }))
  })

  it('stays as it is without parameters, and where it has none of them', () => {
    const model = new Remakeable({})
    expect(withParameters(model, {})).toBe(model)
    const listed = new FakeListChatModel({ responses: ['a', 'b'] })
    expect(withParameters(listed, { temperature: 0 })).toBe(listed)
  })
})

import { describe, expect, it } from 'vitest'
import { DemoChatModel } from './demo-model.ts'

const ticket =
  'Subject: Stove hissing\n\nThe whole shed smells of gas. This is dangerous, I need an answer immediately.'
const schema = {
  title: 'triage',
  type: 'object',
  required: ['urgency', 'score'],
  properties: {
    urgency: { type: 'string', enum: ['low', 'high'] },
    topic: { type: 'string', enum: ['billing', 'safety'] },
    score: { type: 'number' },
    text: { type: 'string' },
  },
}

describe('the offline demo model', () => {
  const model = new DemoChatModel({ waits: false })

  it('fills the schema of a structured call, enums by the words of the prompt', async () => {
    const { raw, parsed } = await model.withStructuredOutput(schema, { includeRaw: true }).invoke(ticket)
    expect(parsed).toMatchObject({ urgency: 'high', topic: 'safety' })
    expect(raw.response_metadata).toMatchObject({ model_name: 'fairlead-demo' })
  })

  it('says in its text that it is a demo model, and answers the same messages alike', async () => {
    const [first, second] = [await model.invoke(ticket), await model.invoke(ticket)]
    expect(first.text).toContain('offline demo model')
    expect(second.text).toBe(first.text)
  })

  it('scores a second draft high enough for a loop to end', async () => {
    const structured = model.withStructuredOutput(schema)
    const first = await structured.invoke(`${ticket}\n\nPrevious draft, to be improved:\n`)
    const second = await structured.invoke(`${ticket}\n\nPrevious draft, to be improved:\nHello`)
    expect(first.score).toBeLessThan(1)
    expect(second.score).toBeGreaterThanOrEqual(0.8)
  })

  it('stops waiting when the call is aborted', async () => {
    const waiting = new DemoChatModel()
    await expect(waiting.invoke(ticket, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i)
  })

  it('reports tokens whose parts add up', async () => {
    const { usage_metadata } = await model.invoke(ticket)
    expect(usage_metadata?.total_tokens).toBe(
      (usage_metadata?.input_tokens ?? 0) + (usage_metadata?.output_tokens ?? 0),
    )
  })
})

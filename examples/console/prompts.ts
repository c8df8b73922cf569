import type { PromptContent } from '@fairlead/core/prompt'

/** The prompts that the demonstration workflow names, by key. */
export const prompts: Record<string, { name: string; content: PromptContent }> = {
  'classify-ticket': {
    name: 'Classify a support ticket',
    content: {
      messages: [
        {
          role: 'system',
          content:
            'You sort the support tickets of Harbour Goods, a shop for outdoor equipment. Urgency is high when somebody ' +
            'may be hurt, when money or an account is at risk, or when a date is about to be missed; otherwise low.',
        },
        { role: 'user', content: 'Subject: {{subject}}\n\n{{body}}' },
      ],
      variables: { subject: { type: 'string' }, body: { type: 'string' } },
      model: { id: 'default', parameters: { temperature: 0 } },
    },
  },
  'support-reply': {
    name: 'Draft a support reply',
    content: {
      messages: [
        {
          role: 'system',
          content:
            'You answer for the support team of Harbour Goods: friendly, concrete, at most 120 words. Use the facts; ' +
            'promise nothing that they do not say. Score your own reply from 0 to 1.',
        },
        {
          role: 'user',
          content:
            'Ticket from {{name}}: {{subject}}\n\n{{body}}\n\nFacts:\n{{facts}}\n\nPrevious draft, to be improved:\n{{previous}}',
        },
      ],
      variables: {
        name: { type: 'string' },
        subject: { type: 'string' },
        body: { type: 'string' },
        facts: { type: 'array', items: { type: 'string' } },
        previous: { type: 'string' },
      },
    },
  },
  'shift-summary': {
    name: 'Summarise a batch of tickets',
    content: {
      text: 'Summarise these handled support tickets for the shift lead, in three sentences, the urgent ones first:\n\n{{tickets}}',
      variables: { tickets: { type: 'array' } },
    },
  },
}

import { setTimeout as sleep } from 'node:timers/promises'

const names: Record<string, string> = {
  'mara.lindqvist': 'Mara Lindqvist',
  'j.okafor': 'John Okafor',
  's.haddad': 'Samir Haddad',
  'l.fischer': 'Lena Fischer',
}

const articles: Record<string, string[]> = {
  billing: [
    'A second charge for one order is refunded within five working days of the report.',
    'Invoices can be reissued with a company name and VAT number under Account, Orders, Invoice.',
  ],
  delivery: [
    'A parcel without a scan for five days is treated as lost and sent again by express at no cost.',
    'The address of an order can be changed until it leaves the warehouse.',
  ],
  product: [
    'Down is washed at 30 degrees with down soap and dried with two tennis balls in the drum.',
    'Broken poles are replaced free of charge within three years; photos are enough.',
  ],
  account: [
    'A blocked account is restored after the owner answers the security mail; orders can be stopped until they ship.',
    'Login codes are sent by SMS when the mail is not opened within two minutes.',
  ],
  safety: ['A leaking stove must not be lit: close the cartridge, carry it outdoors, and ask for a free return box.'],
}

/**
 * The functions that the workflow's tool nodes call. In an application these would reach a customer database, a search
 * index and a mail service; here they answer from the tables above after a short wait.
 */
export const tools = {
  'customer.lookup': {
    description: 'Finds a customer by e-mail address.',
    inputSchema: {
      type: 'object',
      required: ['email'],
      properties: { email: { type: 'string' } },
      additionalProperties: false,
    },
    outputSchema: {
      type: 'object',
      required: ['name', 'since'],
      properties: { name: { type: 'string' }, since: { type: 'string' } },
    },
    execute: async ({ email }: { email: string }, { signal }: { signal: AbortSignal }) => {
      await sleep(40 + (email.length % 7) * 15, undefined, { signal })
      const account = email.split('@')[0] ?? email
      return {
        name: names[account] ?? account.split('.')[0]!.replace(/^./, (first) => first.toUpperCase()),
        since: '2023',
      }
    },
  },
  'articles.search': {
    description: 'Searches the help centre by topic.',
    inputSchema: {
      type: 'object',
      required: ['topic'],
      properties: { topic: { type: 'string' } },
      additionalProperties: false,
    },
    outputSchema: { type: 'array', items: { type: 'string' } },
    execute: async ({ topic }: { topic: string }, { signal }: { signal: AbortSignal }) => {
      await sleep(60 + topic.length * 5, undefined, { signal })
      return articles[topic] ?? ['Our team answers within one working day.']
    },
  },
  'replies.send': {
    description: 'Sends the drafted replies. Sending twice under one idempotency key sends once.',
    inputSchema: {
      type: 'object',
      required: ['replies'],
      properties: { replies: { type: 'array', items: { type: 'object' } } },
      additionalProperties: false,
    },
    outputSchema: { type: 'object', required: ['sent'], properties: { sent: { type: 'integer' } } },
    execute: async ({ replies }: { replies: unknown[] }, { signal }: { signal: AbortSignal }) => {
      await sleep(150, undefined, { signal })
      return { sent: replies.length }
    },
  },
}

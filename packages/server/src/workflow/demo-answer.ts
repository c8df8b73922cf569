/** A message of a prompt as the demo model sees it. */
export interface DemoMessage {
  role: string
  text: string
}

interface Schema {
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  items?: Schema
  minimum?: number
}

/** Words that speak for an enum value besides its own name. */
const cues: Record<string, string> = {
  high: 'urgent immediately dangerous gas smells block stop now saturday refund charged twice stolen hurt asap outage',
  billing: 'charged refund card invoice vat balance gift payment pay discount',
  delivery: 'parcel tracking address delivery arrive shipped order label',
  product: 'tent jacket boots stove pole wash warranty wide size broke',
  account: 'login account password code logged',
  safety: 'dangerous gas smells fire hurt injury',
  positive: 'thanks great love excellent happy good',
  negative: 'bad broken angry terrible refund worse',
  yes: 'yes agree correct',
}

/** Fills a JSON Schema from the prompt: enums by key words, numbers by a rule, strings by the prompt's own sentences. */
export function demoObject(schema: object, messages: readonly DemoMessage[]): unknown {
  return fill(schema as Schema, '', userText(messages))
}

/** Answers in free text with the prompt's own first sentences. */
export function demoText(messages: readonly DemoMessage[]): string {
  const lists = userText(messages).match(/"subject":"[^"]*"|"topic":"[^"]*"|"urgency":"[^"]*"/g) ?? []
  const count = (text: string) => lists.filter((found) => found.includes(text)).length
  if (lists.length > 0) {
    const topics = [...new Set(lists.flatMap((found) => found.match(/"topic":"([^"]*)"/)?.[1] ?? []))]
    return `[offline demo model] ${count('"urgency":"high"')} urgent and ${count('"urgency":"low"')} ordinary tickets, about ${topics.join(', ')}.`
  }
  return `[offline demo model] ${sentences(userText(messages)).slice(0, 2).join(' ')}`
}

function fill(schema: Schema, name: string, text: string): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return bestValue(schema.enum, text)
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  switch (type) {
    case 'object':
    case undefined:
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([key, part]) => [key, fill(part, key, text)]),
      )
    case 'array':
      return [fill(schema.items ?? { type: 'string' }, name, text)]
    case 'boolean':
      return revised(text)
    case 'integer':
      return Math.max(schema.minimum ?? 0, 1 + (hash(text) % 5))
    case 'number':
      return Math.round((revised(text) ? 0.85 : 0.6 + (hash(text) % 30) / 100) * 100) / 100
    case 'null':
      return null
    default:
      return draft(text)
  }
}

/** A second draft is better than a first one: so loops that wait for a score end. */
function revised(text: string): boolean {
  return /previous draft[^\n]*\n\s*\S/i.test(text)
}

function bestValue(values: readonly unknown[], text: string): unknown {
  const words = new Set(text.toLowerCase().match(/[a-z]+/g))
  const points = (value: unknown) => {
    const name = String(value).toLowerCase()
    const hits = (cues[name] ?? '').split(' ').filter((cue) => words.has(cue)).length
    return hits + (words.has(name) ? 1 : 0)
  }
  return values.reduce((best, value) => (points(value) > points(best) ? value : best), values.at(0))
}

function draft(text: string): string {
  const name = text.match(/from ([^:\n]+):/)?.[1] ?? 'there'
  const facts = text.match(/\["(.+?)"\]/)?.[1]?.replaceAll('","', ' ') ?? sentences(text)[0] ?? ''
  const closing = revised(text) ? ' Just answer this mail if anything is left open.' : ''
  return `Hello ${name.split(' ')[0]}, thank you for writing. ${facts}${closing} (Written by the offline demo model.)`
}

function userText(messages: readonly DemoMessage[]): string {
  return messages
    .filter((message) => message.role !== 'system')
    .map((message) => message.text)
    .join('\n')
}

function sentences(text: string): string[] {
  return (
    text
      .match(/[^.!?\n]+[.!?]?/g)
      ?.map((sentence) => sentence.trim())
      .filter(Boolean) ?? []
  )
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0
  return value
}

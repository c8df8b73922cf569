import type { PromptContent } from '../document-schema.ts'
import { messagesOf } from '../variables.ts'

/** A place in a template that the text of another prompt goes to. */
export interface Partial {
  name: string
}

// Disjoint from slots: a slot's path begins with a letter. Templates of other rooms know nothing of it.
const partialPattern = /\{\{\s*>\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g

/** A text cut at its partials, which read `{{> name}}`. Any other brace belongs to the text. Never throws. */
export function splitPartials(text: string): (string | Partial)[] {
  const parts: (string | Partial)[] = []
  let end = 0
  for (const match of text.matchAll(partialPattern)) {
    if (match.index > end) parts.push(text.slice(end, match.index))
    parts.push({ name: match[1]! })
    end = match.index + match[0].length
  }
  if (end < text.length) parts.push(text.slice(end))
  return parts
}

/** The names of the partials in a version's templates, each with a JSON pointer to the first template that has it. */
export function partialsOf(content: Pick<PromptContent, 'text' | 'messages'>): Map<string, string> {
  const places = new Map<string, string>()
  for (const [index, { content: template }] of messagesOf(content).entries()) {
    const pointer = content.messages ? `/messages/${index}/content` : '/text'
    for (const part of splitPartials(template))
      if (typeof part !== 'string' && !places.has(part.name)) places.set(part.name, pointer)
  }
  return places
}

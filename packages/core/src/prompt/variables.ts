import type { JsonSchema } from '../base/index.ts'
import { parseTemplate } from '../expression/index.ts'
import type { PromptContent, PromptMessage } from './document-schema.ts'

/** The messages of a version: a text is one user message. */
export function messagesOf(content: Pick<PromptContent, 'text' | 'messages'>): PromptMessage[] {
  return content.messages ?? [{ role: 'user', content: content.text ?? '' }]
}

/**
 * The variables of a version by name: those it declares, and those its templates use without declaring them, which take
 * anything.
 */
export function variablesOf(content: PromptContent): Record<string, JsonSchema> {
  const variables: Record<string, JsonSchema> = {}
  for (const message of messagesOf(content)) {
    for (const path of parseTemplate(message.content).paths) variables[path[0]!] = true
  }
  return { ...variables, ...content.variables }
}

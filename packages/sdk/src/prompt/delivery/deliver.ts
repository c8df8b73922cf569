import { FairleadError } from '@fairlead/core/base'
import type { PreparedPrompt, PromptContent, PromptMessage } from '@fairlead/core/prompt'
import { messagesOf, preparePrompt, renderPrompt, variablesOf } from '@fairlead/core/prompt'
import type { DeliveredPrompt, PromptOrigin, PromptTest } from './options.ts'
import type { Kept } from './persistence.ts'

/** A prompt with its templates filled. Throws `prompt.invalid_variables`, which names them. */
export function deliver(
  { resolved: { key, content, ...version } }: Kept,
  variables: Record<string, unknown> | undefined,
  { origin, error }: { origin: PromptOrigin; error: Error | null },
  test: PromptTest | null = null,
): DeliveredPrompt {
  const messages =
    variables === undefined ? asTheyStand(content) : filled(key, version.versionNumber, content, variables)
  return { key, messages, content, version, test, origin, error }
}

const preparedOf = new WeakMap<PromptContent, PreparedPrompt>()

/** A list of the caller's own: applications add to it what their users say. */
function asTheyStand(content: PromptContent): PromptMessage[] {
  return messagesOf(content).map((message) => ({ ...message }))
}

function filled(
  key: string,
  versionNumber: number,
  content: PromptContent,
  variables: Record<string, unknown>,
): PromptMessage[] {
  let prepared = preparedOf.get(content)
  if (!prepared) {
    prepared = preparePrompt(content)
    preparedOf.set(content, prepared)
  }
  const rendered = prepared.render(variables)
  if (rendered.ok) return rendered.messages
  const { faults } = rendered
  const sentences = faults.slice(0, 10).map(({ pointer, message }) => `\n  ${pointer}: ${message}`)
  throw new FairleadError(
    'prompt.invalid_variables',
    `The variables do not fit version ${versionNumber} of the prompt "${key}":${sentences.join('')}`,
    { data: { faults } },
  )
}

/**
 * What the application brought itself. It is filled as far as its own variables go: of what the prompt in its place would
 * have taken the fallback knows nothing, and it is not to fail.
 */
export function deliverFallback(
  key: string,
  fallback: string | PromptContent,
  variables: Record<string, unknown> | undefined,
  error: Error,
): DeliveredPrompt {
  const content = typeof fallback === 'string' ? { text: fallback } : fallback
  const messages = fallbackMessages(content, variables)
  return { key, messages, content, version: null, test: null, origin: 'fallback', error }
}

function fallbackMessages(content: PromptContent, variables: Record<string, unknown> = {}): PromptMessage[] {
  try {
    const known = variablesOf(content)
    const own = Object.entries(variables).filter(([name]) => Object.hasOwn(known, name))
    const rendered = renderPrompt(content, Object.fromEntries(own))
    if (rendered.ok) return rendered.messages
  } catch {
    // Too long, or what can't be a template: as it stands.
  }
  return asTheyStand(content)
}

import type { PromptContent } from '../document-schema.ts'
import { messagesOf, variablesOf } from '../variables.ts'
import type { MessageConflict } from './merge-messages.ts'
import { mergeMessages } from './merge-messages.ts'
import { mergeReferences } from './merge-references.ts'
import type { MergeLabels, TextConflict } from './merge-text.ts'
import { mergeText } from './merge-text.ts'
import type { ValueConflict } from './merge-value.ts'
import { mergeValue } from './merge-value.ts'

/** A place where the sides contradict each other. `path` is a JSON pointer into the merged content. */
export type PromptConflict =
  /** A text that both changed; the merged one holds both sides between markers. */
  | { kind: 'text'; path: string; hunks: TextConflict[] }
  /** Anything else that both changed; the merged content holds what ours has. `undefined` is what is not there. */
  | { kind: 'value'; path: string; base: unknown; ours: unknown; theirs: unknown }
  /** One side gave a variable up, or another name, and the merged text still uses it. */
  | { kind: 'variable'; path: string; variable: string; givenUpBy: 'ours' | 'theirs' }

export interface PromptMerge {
  clean: boolean
  content: PromptContent
  conflicts: PromptConflict[]
}

/**
 * Merges what two sides made of a prompt: first its structure (messages, and variables, references, model, parameters,
 * schema and tools key by key), then the text inside a message line by line. What fits together line by line may still not fit as a
 * prompt: a variable or a reference that one side renamed and the other uses is a conflict, though the text is clean.
 */
export function mergePrompt(
  base: PromptContent,
  ours: PromptContent,
  theirs: PromptContent,
  { labels = {} }: { labels?: MergeLabels } = {},
): PromptMerge {
  const texts = mergeTexts(base, ours, theirs, labels)
  const conflicts = [...texts.conflicts]
  const merged: Record<string, unknown> = { ...texts.content }
  for (const key of ['variables', 'model', 'outputSchema'] as const) {
    const { value, conflicts: found } = mergeValue(base[key], ours[key], theirs[key], [key])
    if (value !== undefined) merged[key] = value
    conflicts.push(...found.map(valueConflict))
  }
  const tools = mergeSets(base.tools, ours.tools, theirs.tools)
  if (tools !== undefined) merged.tools = tools
  const content = merged as PromptContent
  const { references, conflicts: contradictions } = mergeReferences(base, ours, theirs, content)
  if (references !== undefined) content.references = references
  conflicts.push(...contradictions.map(valueConflict))
  for (const [side, other] of [
    [ours, 'ours'],
    [theirs, 'theirs'],
  ] as const) {
    conflicts.push(...danglingVariables(base, side, content, other))
  }
  return { clean: conflicts.length === 0, content, conflicts }
}

type Texts = { content: Pick<PromptContent, 'text' | 'messages'>; conflicts: PromptConflict[] }

function mergeTexts(base: PromptContent, ours: PromptContent, theirs: PromptContent, labels: MergeLabels): Texts {
  const sides = [base, ours, theirs]
  if (sides.every(({ messages }) => messages === undefined)) {
    const merged = mergeText(base.text ?? '', ours.text ?? '', theirs.text ?? '', { labels })
    const isAbsent = merged.text === '' && ours.text === undefined && theirs.text === undefined
    const conflicts: PromptConflict[] = merged.clean ? [] : [{ kind: 'text', path: '/text', hunks: merged.conflicts }]
    return { content: isAbsent ? {} : { text: merged.text }, conflicts }
  }
  // A text is one message of the user: where a side made messages of it, all are compared as messages.
  const { messages, conflicts } = mergeMessages(messagesOf(base), messagesOf(ours), messagesOf(theirs), labels)
  return { content: { messages }, conflicts: conflicts.map(messageConflict) }
}

function messageConflict(conflict: MessageConflict): PromptConflict {
  if (conflict.kind === 'text') {
    return { kind: 'text', path: `/messages/${conflict.index}/content`, hunks: conflict.hunks }
  }
  const { base, ours, theirs } = conflict
  return { kind: 'value', path: `/messages/${conflict.index}`, base, ours, theirs }
}

function valueConflict({ path, ...sides }: ValueConflict): PromptConflict {
  const pointer = path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  return { kind: 'value', path: pointer, ...sides }
}

/** Ours without what theirs removed, and what theirs added behind it. The order says nothing, so it is no conflict. */
function mergeSets(base: string[] = [], ours?: string[], theirs?: string[]): string[] | undefined {
  if (ours === undefined && theirs === undefined) return undefined
  const kept = (ours ?? []).filter((item) => !base.includes(item) || (theirs ?? []).includes(item))
  const added = (theirs ?? []).filter((item) => !base.includes(item) && !kept.includes(item))
  const merged = [...kept, ...added]
  return merged.length === 0 && (ours === undefined || theirs === undefined) ? undefined : merged
}

/** Variables of the base that a side neither declares nor uses any more, and that the merged prompt uses. */
function danglingVariables(
  base: PromptContent,
  side: PromptContent,
  merged: PromptContent,
  givenUpBy: 'ours' | 'theirs',
): PromptConflict[] {
  const used = variablesUsed(merged)
  const kept = variablesOf(side)
  return Object.keys(variablesOf(base))
    .filter((variable) => !Object.hasOwn(kept, variable) && used.has(variable))
    .map((variable) => ({ kind: 'variable', path: `/variables/${variable}`, variable, givenUpBy }))
}

function variablesUsed({ text, messages }: PromptContent): ReadonlySet<string> {
  return new Set(Object.keys(variablesOf({ ...(text !== undefined && { text }), ...(messages && { messages }) })))
}

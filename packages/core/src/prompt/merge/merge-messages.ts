import { defaultMaxWork } from '../diff/diff-lines.ts'
import { markedChanges } from '../diff/marks.ts'
import { numberStrings } from '../diff/number-pieces.ts'
import type { PromptMessage } from '../document-schema.ts'
import type { MergeLabels, TextConflict } from './merge-text.ts'
import { mergeText } from './merge-text.ts'
import type { Region } from './region.ts'
import { findRegions } from './region.ts'

/** A message whose text both sides changed, or messages that both sides put differently. */
export type MessageConflict =
  | { kind: 'text'; index: number; hunks: TextConflict[] }
  | { kind: 'messages'; index: number; base: PromptMessage[]; ours: PromptMessage[]; theirs: PromptMessage[] }

const mostMessageWork = 1_000_000

/**
 * Merges lists of messages: first which messages were added, removed and moved, as lines of a text are merged, then the
 * text inside a message that both sides changed. `index` is the position in the merged list.
 */
export function mergeMessages(
  base: readonly PromptMessage[],
  ours: readonly PromptMessage[],
  theirs: readonly PromptMessage[],
  labels: MergeLabels,
): { messages: PromptMessage[]; conflicts: MessageConflict[] } {
  const sides = { base, ours, theirs }
  const numbers = numbered(sides)
  const marksOf = (side: Int32Array) =>
    markedChanges({ before: numbers.base, after: side, symbols: numbers.count }, mostMessageWork)
  const messages: PromptMessage[] = []
  const conflicts: MessageConflict[] = []
  let at = 0
  for (const region of findRegions(marksOf(numbers.ours), marksOf(numbers.theirs))) {
    messages.push(...ours.slice(at, region.ours[0]))
    at = region.ours[1]
    mergeRegion(sides, region, labels, messages, conflicts)
  }
  messages.push(...ours.slice(at))
  return { messages, conflicts }
}

interface Sides {
  base: readonly PromptMessage[]
  ours: readonly PromptMessage[]
  theirs: readonly PromptMessage[]
}

function mergeRegion(
  sides: Sides,
  region: Region,
  labels: MergeLabels,
  messages: PromptMessage[],
  conflicts: MessageConflict[],
): void {
  const [base, ours, theirs] = [
    sides.base.slice(...region.base),
    sides.ours.slice(...region.ours),
    sides.theirs.slice(...region.theirs),
  ]
  if (region.kind !== 'conflict') {
    messages.push(...(region.kind === 'ours' ? ours : theirs))
    return
  }
  // One by one where they are as many, by the same roles: their texts were changed, not the conversation.
  const isSameShape =
    base.length === ours.length &&
    base.length === theirs.length &&
    base.every(({ role }, index) => role === ours[index]!.role && role === theirs[index]!.role)
  if (!isSameShape) {
    if (keyOf(ours) !== keyOf(theirs)) conflicts.push({ kind: 'messages', index: messages.length, base, ours, theirs })
    messages.push(...ours)
    return
  }
  // All texts together may take as long as one.
  const maxWork = defaultMaxWork / sides.base.length
  for (const [index, { role, content }] of base.entries()) {
    const merged = mergeText(content, ours[index]!.content, theirs[index]!.content, { labels, maxWork })
    if (!merged.clean) conflicts.push({ kind: 'text', index: messages.length, hunks: merged.conflicts })
    messages.push({ role, content: merged.text })
  }
}

function keyOf(messages: readonly PromptMessage[]): string {
  return JSON.stringify(messages.map(({ role, content }) => [role, content]))
}

function numbered({ base, ours, theirs }: Sides) {
  const lines = (messages: readonly PromptMessage[]) => messages.map(({ role, content }) => `${role}\n${content}`)
  const { numbers, count } = numberStrings(lines(base), lines(ours), lines(theirs))
  return { base: numbers[0]!, ours: numbers[1]!, theirs: numbers[2]!, count }
}

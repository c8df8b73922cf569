import { splitLines } from '../diff/pieces.ts'
import type { PromptContent } from '../document-schema.ts'
import type { PromptConflict, PromptMerge } from './merge-prompt.ts'
import type { TextConflict } from './merge-text.ts'

/** What becomes of one hunk of a text: one side, both after each other, or a text that takes their place. */
export type HunkResolution = 'ours' | 'theirs' | 'both' | { text: string }

/** What becomes of the conflict at one path. */
export type Resolution =
  /** Everything there as one side has it; of a variable that one side gave up, `ours` and `theirs` both keep it. */
  | { path: string; take: 'ours' | 'theirs' }
  /** The hunks of a text, in their order. */
  | { path: string; hunks: HunkResolution[] }
  /** Another value; without `value`, nothing. */
  | { path: string; value?: unknown }

export interface ResolvedMerge {
  content: PromptContent
  /** The conflicts that no resolution is for, or one that does not fit. */
  unresolved: PromptConflict[]
}

/** Puts resolutions in the place of a merge's conflicts. What is not resolved stays as it is in the merged content. */
export function resolveMerge({ content, conflicts }: PromptMerge, resolutions: readonly Resolution[]): ResolvedMerge {
  const resolved = structuredClone(content)
  const unresolved = conflicts.filter((conflict) => {
    const resolution = resolutions.find(({ path }) => path === conflict.path)
    return resolution === undefined || !resolve(resolved, conflict, resolution)
  })
  return { content: resolved, unresolved }
}

/** False when the resolution is none for such a conflict. */
function resolve(content: PromptContent, conflict: PromptConflict, resolution: Resolution): boolean {
  const place = keysOf(conflict.path)
  switch (conflict.kind) {
    case 'text': {
      const hunks = hunksOf(conflict.hunks, resolution)
      if (hunks === undefined) return false
      put(content, place, withoutMarkers(String(valueAt(content, place)), conflict.hunks, hunks))
      return true
    }
    case 'value': {
      if ('hunks' in resolution) return false
      const value = 'take' in resolution ? conflict[resolution.take] : resolution.value
      if (conflict.path.startsWith('/messages/')) {
        const count = (conflict.ours as unknown[]).length
        content.messages!.splice(Number(place[1]), count, ...(value as NonNullable<PromptContent['messages']>))
      } else put(content, place, value)
      return true
    }
    case 'variable':
      if ('value' in resolution) put(content, place, resolution.value)
      return 'take' in resolution || 'value' in resolution
  }
}

function hunksOf(conflicts: readonly TextConflict[], resolution: Resolution): HunkResolution[] | undefined {
  if ('take' in resolution) return conflicts.map(() => resolution.take)
  return 'hunks' in resolution && resolution.hunks.length === conflicts.length ? resolution.hunks : undefined
}

/** The text with something else where its conflicts stand. */
function withoutMarkers(text: string, conflicts: readonly TextConflict[], hunks: readonly HunkResolution[]): string {
  const lines = splitLines(text)
  const resolved: string[][] = []
  let end = 0
  for (const [index, { ours, theirs, line }] of conflicts.entries()) {
    const [before, after] = [splitLines(ours), splitLines(theirs)]
    const hunk = hunks[index]!
    const kept =
      typeof hunk === 'object'
        ? splitLines(hunk.text)
        : { ours: before, theirs: after, both: [...ended(before), ...after] }[hunk]
    // Three markers stand around and between the sides.
    const behind = line + before.length + after.length + 3
    resolved.push(lines.slice(end, line), behind < lines.length ? ended(kept) : kept)
    end = behind
  }
  return [...resolved, lines.slice(end)].map((part) => part.join('')).join('')
}

/** Lines that others follow. */
function ended(lines: string[]): string[] {
  const last = lines.at(-1)
  return last === undefined || last.endsWith('\n') ? lines : [...lines.slice(0, -1), `${last}\n`]
}

function keysOf(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

type Members = Record<string, unknown>

function valueAt(content: PromptContent, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (value as Members | undefined)?.[key], content)
}

/** Sets a member however deep; `undefined` removes it. Objects on the way are made. */
function put(content: PromptContent, keys: readonly string[], value: unknown): void {
  let target = content as unknown as Members
  for (const key of keys.slice(0, -1)) {
    if (!Object.hasOwn(target, key))
      Object.defineProperty(target, key, { value: {}, writable: true, enumerable: true, configurable: true })
    target = target[key] as Members
  }
  const last = keys.at(-1)!
  if (value === undefined) delete target[last]
  else Object.defineProperty(target, last, { value, writable: true, enumerable: true, configurable: true })
}

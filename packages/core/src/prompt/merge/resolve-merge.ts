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
  /** Another value; of a text another text; without `value`, nothing. */
  | { path: string; value?: unknown }

export interface ResolvedMerge {
  content: PromptContent
  /** The conflicts that no resolution is for, or one that does not fit. */
  unresolved: PromptConflict[]
  /** The resolutions that resolve nothing, by their indexes, and why. */
  unfit: { index: number; reason: string }[]
}

/** Puts resolutions in the place of a merge's conflicts. What is not resolved stays as it is in the merged content. */
export function resolveMerge({ content, conflicts }: PromptMerge, resolutions: readonly Resolution[]): ResolvedMerge {
  const resolved = structuredClone(content)
  // A variable that one side changed and the other gave up is two conflicts at one path.
  const byPath = Map.groupBy(conflicts, ({ path }) => path)
  const fitting = new Map<string, Resolution>()
  const unfit: ResolvedMerge['unfit'] = []
  for (const [index, resolution] of resolutions.entries()) {
    const { path } = resolution
    const here = byPath.get(path) ?? []
    const reason =
      here.length === 0
        ? 'There is no conflict at this path.'
        : fitting.has(path)
          ? 'The conflict at this path is resolved already.'
          : here.map((conflict) => misfit(conflict, resolution)).find((each) => each !== undefined)
    if (reason === undefined) fitting.set(path, resolution)
    else unfit.push({ index, reason })
  }
  const [resolvable, unresolved] = [true, false].map((is) => conflicts.filter(({ path }) => fitting.has(path) === is))
  // Where messages are replaced by more or fewer, those behind move: from the last to the first, and after their texts.
  const order = resolvable!.sort((a, b) => placeOf(a) - placeOf(b))
  for (const conflict of order) resolve(resolved, conflict, fitting.get(conflict.path)!)
  return { content: resolved, unresolved: unresolved!, unfit }
}

function replacesMessages({ kind, path }: PromptConflict): boolean {
  return kind === 'value' && path.startsWith('/messages/')
}

function placeOf(conflict: PromptConflict): number {
  return replacesMessages(conflict) ? 1 / (Number(keysOf(conflict.path)[1]) + 1) : 0
}

/** Why a resolution is none for a conflict; undefined when it is one. */
function misfit(conflict: PromptConflict, resolution: Resolution): string | undefined {
  if ('take' in resolution) return undefined
  if ('hunks' in resolution) {
    if (conflict.kind !== 'text') return 'This conflict has no hunks: take a side, or give a value.'
    const [count, given] = [conflict.hunks.length, resolution.hunks.length]
    return count === given ? undefined : `The conflict has ${count} hunks, and ${given} are resolved.`
  }
  if (conflict.kind === 'text' && typeof resolution.value !== 'string') return 'This is a text: the value must be one.'
  if (replacesMessages(conflict) && !Array.isArray(resolution.value))
    return 'These are messages: the value must be a list of messages.'
  return undefined
}

function resolve(content: PromptContent, conflict: PromptConflict, resolution: Resolution): void {
  const place = keysOf(conflict.path)
  if (conflict.kind === 'variable') {
    if ('value' in resolution) put(content, place, resolution.value)
  } else if (conflict.kind === 'text') {
    const text =
      'value' in resolution
        ? resolution.value
        : withoutMarkers(String(valueAt(content, place)), conflict.hunks, hunksOf(conflict.hunks, resolution))
    put(content, place, text)
  } else {
    const value = 'take' in resolution ? conflict[resolution.take] : (resolution as { value?: unknown }).value
    if (replacesMessages(conflict)) {
      const count = (conflict.ours as unknown[]).length
      content.messages!.splice(Number(place[1]), count, ...(value as NonNullable<PromptContent['messages']>))
    } else put(content, place, value)
  }
}

function hunksOf(conflicts: readonly TextConflict[], resolution: Resolution): HunkResolution[] {
  return 'hunks' in resolution
    ? resolution.hunks
    : conflicts.map(() => (resolution as { take: 'ours' | 'theirs' }).take)
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

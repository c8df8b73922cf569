import type { PromptContent } from '../document-schema.ts'
import type { History } from '../history/merge-bases.ts'
import { mergeBases } from '../history/merge-bases.ts'
import { mergePrompt } from './merge-prompt.ts'

/** A history whose contents can be had, perhaps by waiting for them. */
export interface MergeableHistory<Id> extends History<Id> {
  contentOf(id: Id): PromptContent | Promise<PromptContent>
}

export interface MergeBase<Id> {
  /** The best common ancestors, oldest first; more than one after merges crosswise. */
  bases: Id[]
  /** What a merge starts from: of several ancestors what a merge of them says, conflicts and all. Null without any. */
  content: PromptContent | null
}

/** Histories that cross over more often than this are merged from their newest common ancestor. */
const mostBases = 8
/** Ancestors are merged so often at most, on all levels together: crossings of crossings multiply. */
const mostMerges = 32

/**
 * What the merge of two versions starts from. Several best common ancestors are merged with each other, oldest first,
 * each such merge from their own common ancestors (the way of git's recursive strategy); conflicts inside stay as they
 * are, since both sides have resolved them. `contentOf` is asked for best common ancestors alone.
 */
export function mergeBaseOf<Id>(history: MergeableHistory<Id>, a: Id, b: Id): Promise<MergeBase<Id>> {
  return new VirtualBase(history).of(a, b)
}

/** A merge of ancestors stands for a version of its own while the base is looked for. */
class VirtualBase<Id> {
  readonly #history: MergeableHistory<Id>
  readonly #merged = new Map<Id | object, { parents: (Id | object)[]; content: PromptContent }>()

  #left = mostMerges

  constructor(history: MergeableHistory<Id>) {
    this.#history = history
  }

  async of(a: Id | object, b: Id | object): Promise<MergeBase<Id>> {
    const get = (id: Id | object) => this.#merged.get(id)?.parents ?? this.#history.parents.get(id as Id)
    const bases = mergeBases<Id | object>({ parents: { get } }, a, b).toReversed()
    if (bases.length === 0) return { bases: [], content: null }
    const isTooCrossed = bases.length > mostBases || bases.length > this.#left
    let [merged, ...others] = isTooCrossed ? bases.slice(-1) : bases
    this.#left -= others.length
    for (const other of others) merged = await this.#merge(merged!, other)
    return { bases: bases as Id[], content: await this.#contentOf(merged!) }
  }

  async #merge(one: Id | object, other: Id | object): Promise<Id | object> {
    const base = (await this.of(one, other)).content ?? {}
    const { content } = mergePrompt(base, await this.#contentOf(one), await this.#contentOf(other))
    const id = {}
    this.#merged.set(id, { parents: [one, other], content })
    return id
  }

  #contentOf(id: Id | object): PromptContent | Promise<PromptContent> {
    return this.#merged.get(id)?.content ?? this.#history.contentOf(id as Id)
  }
}

import type { ResponseOf } from '@fairlead/core/contract'
import type { MergePreview, PromptReference, RefLogEntry } from '@fairlead/core/prompt'
import type { List } from '../page.ts'
import { listFrom } from '../page.ts'
import type { BodyOf, CallOptions, QueryOf, Transport } from '../transport.ts'
import type { Versioned } from '../versioned.ts'
import { versioned } from '../versioned.ts'

/** What was read of a branch or label: its prompt, and the tag that a change of it is made on top of. */
export interface Place {
  /** The prompt's id or key. */
  id: string
  /** As `branch`, `label` or a commit gave it; null makes a branch or label that is not there yet. */
  etag: string | null
}

/** A place that is there. */
type Seen = Place & { etag: string }
type Bypass = QueryOf<'removePromptBranch'>

/** A version on a branch, with the branch as it is then, and the tag that the next change of it is made on top of. */
export type Committed = Versioned<ResponseOf<'mergePrompt'>>

/**
 * The history of prompts: branches, labels and tags, comparing and merging. Every `id` may be a prompt's id or its key; a
 * revision is a version number, `branch/<name>`, `label/<name>`, `tag/<name>` or a commit hash.
 */
export class PromptHistory {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Branches, labels and tags with the versions they name. */
  refs(id: string, query: QueryOf<'listPromptRefs'> = {}, options?: CallOptions): List<PromptReference> {
    return listFrom(this.#transport, 'listPromptRefs', { params: { id }, query }, options)
  }

  async branch(id: string, name: string, options?: CallOptions): Promise<Versioned<PromptReference>> {
    return versioned(await this.#transport.call('getPromptBranch', { params: { id, name } }, options))
  }

  async label(id: string, name: string, options?: CallOptions): Promise<Versioned<PromptReference>> {
    return versioned(await this.#transport.call('getPromptLabel', { params: { id, name } }, options))
  }

  /** Makes a branch (`etag` null) or moves it. Throws `prompt.not_fast_forward` unless `force` is set, and `prompt.protected`. */
  async moveBranch(
    { id, etag }: Place,
    name: string,
    move: BodyOf<'movePromptBranch'>,
    options?: CallOptions,
  ): Promise<Versioned<PromptReference>> {
    const sent = { params: { id, name }, body: move, ifMatch: etag }
    return versioned(await this.#transport.call('movePromptBranch', sent, options))
  }

  /** Makes a label (`etag` null) or moves it: a deployment, or its rollback. Throws `prompt.head_moved` and `prompt.protected`. */
  async moveLabel(
    { id, etag }: Place,
    name: string,
    move: BodyOf<'movePromptLabel'>,
    options?: CallOptions,
  ): Promise<Versioned<PromptReference>> {
    const sent = { params: { id, name }, body: move, ifMatch: etag }
    return versioned(await this.#transport.call('movePromptLabel', sent, options))
  }

  /** Throws `prompt.protected`; `main` stays. */
  async removeBranch({ id, etag }: Seen, name: string, query: Bypass = {}, options?: CallOptions): Promise<void> {
    await this.#transport.call('removePromptBranch', { params: { id, name }, query, ifMatch: etag }, options)
  }

  async removeLabel({ id, etag }: Seen, name: string, query: Bypass = {}, options?: CallOptions): Promise<void> {
    await this.#transport.call('removePromptLabel', { params: { id, name }, query, ifMatch: etag }, options)
  }

  async removeTag({ id, etag }: Seen, name: string, query: Bypass = {}, options?: CallOptions): Promise<void> {
    await this.#transport.call('removePromptTag', { params: { id, name }, query, ifMatch: etag }, options)
  }

  async tagged(id: string, name: string, options?: CallOptions): Promise<Versioned<PromptReference>> {
    return versioned(await this.#transport.call('getPromptTag', { params: { id, name } }, options))
  }

  /** A tag never moves. Throws `prompt.tag_exists`. */
  async tag(id: string, tag: BodyOf<'createPromptTag'>, options?: CallOptions): Promise<Versioned<PromptReference>> {
    return versioned(await this.#transport.call('createPromptTag', { params: { id }, body: tag }, options))
  }

  /** Every move of every ref, newest first; with `at` as the log was then: `{ kind: 'label', name, at, limit: 1 }` says what was live. */
  refLog(id: string, query: QueryOf<'listPromptRefLog'> = {}, options?: CallOptions): List<RefLogEntry> {
    return listFrom(this.#transport, 'listPromptRefLog', { params: { id }, query }, options)
  }

  /** What differs between two versions, each thing for itself. */
  async diff(
    id: string,
    query: QueryOf<'diffPromptVersions'>,
    options?: CallOptions,
  ): Promise<ResponseOf<'diffPromptVersions'>> {
    return (await this.#transport.call('diffPromptVersions', { params: { id }, query }, options)).body
  }

  async previewMerge(id: string, request: BodyOf<'previewPromptMerge'>, options?: CallOptions): Promise<MergePreview> {
    return (await this.#transport.call('previewPromptMerge', { params: { id }, body: request }, options)).body
  }

  /** Throws `prompt.merge_conflict` with the conflicts in `problem`; send their resolutions with the same merge again. */
  async merge(place: Seen, request: BodyOf<'mergePrompt'>, options?: CallOptions): Promise<Committed> {
    return versioned(await this.#transport.call('mergePrompt', sentTo(place, request), options))
  }

  /** A new version with the content of an earlier one. */
  async rollBack(place: Seen, request: BodyOf<'rollBackPrompt'>, options?: CallOptions): Promise<Committed> {
    return versioned(await this.#transport.call('rollBackPrompt', sentTo(place, request), options))
  }

  /** Takes out what one version brought. Throws `prompt.merge_conflict`, as `merge` does. */
  async revert(place: Seen, request: BodyOf<'revertPromptVersion'>, options?: CallOptions): Promise<Committed> {
    return versioned(await this.#transport.call('revertPromptVersion', sentTo(place, request), options))
  }

  /** Brings what one version brought elsewhere. Throws `prompt.merge_conflict`, as `merge` does. */
  async cherryPick(place: Seen, request: BodyOf<'cherryPickPromptVersion'>, options?: CallOptions): Promise<Committed> {
    return versioned(await this.#transport.call('cherryPickPromptVersion', sentTo(place, request), options))
  }

  /** Newest first, laid out in lanes for drawing. */
  log(id: string, query: QueryOf<'listPromptHistory'> = {}, options?: CallOptions) {
    return listFrom(this.#transport, 'listPromptHistory', { params: { id }, query }, options)
  }

  /** Which version wrote each line. */
  async blame(
    id: string,
    query: QueryOf<'blamePrompt'> = {},
    options?: CallOptions,
  ): Promise<ResponseOf<'blamePrompt'>> {
    return (await this.#transport.call('blamePrompt', { params: { id }, query }, options)).body
  }

  /** Walks the chain of hashes of all versions: whether one was altered in the database, and which. */
  async verify(id: string, options?: CallOptions): Promise<ResponseOf<'verifyPromptHistory'>> {
    return (await this.#transport.call('verifyPromptHistory', { params: { id } }, options)).body
  }

  /** All versions as they travel, oldest first. */
  export(id: string, query: QueryOf<'exportPrompt'> = {}, options?: CallOptions) {
    return listFrom(this.#transport, 'exportPrompt', { params: { id }, query }, options)
  }

  /** Brings versions in with their authors and times; what is there already is left as it is. */
  async import(history: BodyOf<'importPrompt'>, options?: CallOptions): Promise<ResponseOf<'importPrompt'>> {
    return (await this.#transport.call('importPrompt', { body: history }, options)).body
  }
}

function sentTo<Body>({ id, etag }: Seen, body: Body) {
  return { params: { id }, body, ifMatch: etag }
}

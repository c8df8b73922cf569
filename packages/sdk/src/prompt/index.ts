import type { ResponseOf } from '@fairlead/core/contract'
import type { Prompt, PromptVersion } from '@fairlead/core/prompt'
import type { LocalExperiments } from '../experiment/index.ts'
import { lateRoom, loadOnce } from '../late-room.ts'
import type { List } from '../page.ts'
import { listFrom } from '../page.ts'
import type { BodyOf, CallOptions, QueryOf, Transport } from '../transport.ts'
import type { Versioned } from '../versioned.ts'
import { versioned } from '../versioned.ts'
import type { PromptDelivery } from './delivery/delivery.ts'
import type { DeliveredPrompt, GetOptionsOf, PromptDeliveryOptions } from './delivery/options.ts'
import { PromptHistory } from './history.ts'
import type { PromptReview } from './review.ts'

const tryTimeoutMs = 120_000

/** Prompts and their versions. Every `id` may be a prompt's id or its key. */
export class Prompts {
  /** Branches, labels and tags, comparing and merging. */
  readonly history: PromptHistory
  /** Protection, checks and merge requests. */
  readonly review: PromptReview
  readonly #transport: Transport
  readonly #delivery: () => Promise<PromptDelivery>
  #isDelivering = false

  constructor(
    transport: Transport,
    options: PromptDeliveryOptions | undefined,
    experiments: () => Promise<LocalExperiments>,
  ) {
    this.#transport = transport
    // Loaded by whom gets prompts: it brings JSON Schema with it, which is larger than all the rest.
    this.#delivery = loadOnce(async () => {
      const { PromptDelivery } = await import('./delivery/delivery.ts')
      return new PromptDelivery(transport, options, experiments)
    })
    this.history = new PromptHistory(transport)
    this.review = lateReview(transport)
  }

  /** Creates a prompt with its first version. Throws `prompt.key_taken`. */
  async create(
    prompt: BodyOf<'createPrompt'>,
    options?: CallOptions,
  ): Promise<Versioned<Prompt & { head: PromptVersion }>> {
    return versioned(await this.#transport.call('createPrompt', { body: prompt }, options))
  }

  /** In the order of their keys, without archived ones unless `archived` asks for them. */
  list(query: QueryOf<'listPrompts'> = {}, options?: CallOptions): List<Prompt> {
    return listFrom(this.#transport, 'listPrompts', { query }, options)
  }

  /**
   * A prompt as an application uses it, out of the cache where it may be: what a label, a branch or a version says, complete,
   * with its templates filled. For a `unit` that takes part in a test of the prompt it is its variant's version, and that
   * it was shown is recorded. Never throws when there is a `fallback` (but in a page that can't load the rest of this
   * client); without one, what every call throws, and `prompt.invalid_variables`.
   */
  async get<Name extends string>(name: Name, options?: GetOptionsOf<Name>): Promise<DeliveredPrompt> {
    this.#isDelivering = true
    return (await this.#delivery()).get(name, options ?? {})
  }

  /** Ends the connection on which moves are heard of; `get` goes on without. */
  async close(): Promise<void> {
    if (this.#isDelivering) (await this.#delivery()).close()
  }

  /** A prompt with the head of `main`, to commit on top of. */
  async head(id: string, options?: CallOptions): Promise<Versioned<Prompt & { head: PromptVersion | null }>> {
    return versioned(await this.#transport.call('getPrompt', { params: { id } }, options))
  }

  /**
   * Renames, describes, archives or restores a prompt as it was read. An archived one is hidden from lists and can't be
   * changed; `get` goes on. Throws a `FairleadConflictError` (`prompt.changed`) when somebody else was faster.
   */
  async update(
    { id, etag }: { id: string; etag: string },
    change: BodyOf<'updatePrompt'>,
    options?: CallOptions,
  ): Promise<Versioned<Prompt & { head: PromptVersion | null }>> {
    const sent = { params: { id }, body: change, ifMatch: etag }
    return versioned(await this.#transport.call('updatePrompt', sent, options))
  }

  /**
   * Commits to a branch, by default `main`, on top of the head that was read: `etag` of the prompt, the branch or the last
   * commit; null begins the branch. Throws a `FairleadConflictError` (`prompt.head_moved`) when somebody else was faster,
   * with the present head, and how both would merge.
   */
  async commit(
    { id, etag }: { id: string; etag: string | null },
    commit: BodyOf<'createPromptVersion'>,
    options?: CallOptions,
  ): Promise<Versioned<PromptVersion>> {
    const sent = { params: { id }, body: commit, ifMatch: etag }
    return versioned(await this.#transport.call('createPromptVersion', sent, options))
  }

  /** Newest first. */
  versions(id: string, query: QueryOf<'listPromptVersions'> = {}, options?: CallOptions): List<PromptVersion> {
    return listFrom(this.#transport, 'listPromptVersions', { params: { id }, query }, options)
  }

  async version(id: string, versionNumber: number, options?: CallOptions): Promise<Versioned<PromptVersion>> {
    const params = { id, version: versionNumber }
    return versioned(await this.#transport.call('getPromptVersion', { params }, options))
  }

  /** A version's messages with the variables filled in. Throws `prompt.invalid_variables`, with pointers. */
  async render(
    id: string,
    request: BodyOf<'renderPrompt'>,
    options?: CallOptions,
  ): Promise<ResponseOf<'renderPrompt'>> {
    return (await this.#transport.call('renderPrompt', { params: { id }, body: request }, options)).body
  }

  /**
   * Runs a version once on a model, outside of any workflow; the call is recorded and priced. Waits longer than other
   * calls, as models think: by default 2 minutes.
   */
  async try(id: string, request: BodyOf<'tryPrompt'>, options?: CallOptions): Promise<ResponseOf<'tryPrompt'>> {
    const patient = { timeoutMs: tryTimeoutMs, ...options }
    return (await this.#transport.call('tryPrompt', { params: { id }, body: request }, patient)).body
  }
}

function lateReview(transport: Transport): PromptReview {
  const load = async () => {
    const { PromptReview } = await import('./review.ts')
    return new PromptReview(transport)
  }
  return lateRoom(load, {
    rules: 'list',
    rule: 'call',
    createRule: 'call',
    updateRule: 'call',
    deleteRule: 'call',
    checks: 'call',
    setCheck: 'call',
    open: 'call',
    requests: 'list',
    review: 'call',
    merge: 'call',
    request: 'call',
    preview: 'call',
    close: 'call',
  })
}

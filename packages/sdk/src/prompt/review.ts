import type { ResponseOf } from '@fairlead/core/contract'
import type { Check, MergePreview, MergeRequest, ProtectionRule } from '@fairlead/core/prompt'
import type { List } from '../page.ts'
import { listFrom } from '../page.ts'
import type { BodyOf, CallOptions, QueryOf, Transport } from '../transport.ts'
import type { Versioned } from '../versioned.ts'
import { versioned } from '../versioned.ts'

/** A merge request of a prompt, which is named by id or key. */
interface Request {
  id: string
  requestId: string
}

/** What protects branches and labels, and how people let a change through: rules, checks and merge requests. */
export class PromptReview {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  rules(query: QueryOf<'listProtectionRules'> = {}, options?: CallOptions): List<ProtectionRule> {
    return listFrom(this.#transport, 'listProtectionRules', { query }, options)
  }

  async rule(id: string, options?: CallOptions): Promise<Versioned<ProtectionRule>> {
    return versioned(await this.#transport.call('getProtectionRule', { params: { id } }, options))
  }

  async createRule(rule: BodyOf<'createProtectionRule'>, options?: CallOptions): Promise<Versioned<ProtectionRule>> {
    return versioned(await this.#transport.call('createProtectionRule', { body: rule }, options))
  }

  /** Replaces a rule that was read. Throws a `FairleadConflictError` when it was changed since. */
  async updateRule(
    { id, etag }: { id: string; etag: string },
    rule: BodyOf<'updateProtectionRule'>,
    options?: CallOptions,
  ): Promise<Versioned<ProtectionRule>> {
    const sent = { params: { id }, body: rule, ifMatch: etag }
    return versioned(await this.#transport.call('updateProtectionRule', sent, options))
  }

  async deleteRule({ id, etag }: { id: string; etag: string }, options?: CallOptions): Promise<void> {
    await this.#transport.call('deleteProtectionRule', { params: { id }, ifMatch: etag }, options)
  }

  /** What is known of the checks of a version. */
  async checks(id: string, query: QueryOf<'listPromptChecks'>, options?: CallOptions): Promise<Check[]> {
    return (await this.#transport.call('listPromptChecks', { params: { id }, query }, options)).body.data
  }

  /** Says how a check of a version went, as a CI job does. */
  async setCheck(id: string, check: BodyOf<'setPromptCheck'>, options?: CallOptions): Promise<Check> {
    return (await this.#transport.call('setPromptCheck', { params: { id }, body: check }, options)).body
  }

  /** Asks for a branch to be merged into a branch, or for a label to be moved to it. */
  async open(id: string, request: BodyOf<'createMergeRequest'>, options?: CallOptions): Promise<MergeRequest> {
    return (await this.#transport.call('createMergeRequest', { params: { id }, body: request }, options)).body
  }

  requests(id: string, query: QueryOf<'listMergeRequests'> = {}, options?: CallOptions): List<MergeRequest> {
    return listFrom(this.#transport, 'listMergeRequests', { params: { id }, query }, options)
  }

  /** A person's verdict about the version that they saw. */
  async review(
    { id, requestId }: Request,
    verdict: BodyOf<'reviewMergeRequest'>,
    options?: CallOptions,
  ): Promise<MergeRequest> {
    const sent = { params: { id, requestId }, body: verdict }
    return (await this.#transport.call('reviewMergeRequest', sent, options)).body
  }

  /** Throws `prompt.protected` with what is missing, and `prompt.merge_conflict`. */
  async merge(
    { id, requestId }: Request,
    how: BodyOf<'mergeMergeRequest'> = {},
    options?: CallOptions,
  ): Promise<ResponseOf<'mergeMergeRequest'>> {
    const sent = { params: { id, requestId }, body: how }
    return (await this.#transport.call('mergeMergeRequest', sent, options)).body
  }

  async request({ id, requestId }: Request, options?: CallOptions): Promise<MergeRequest> {
    return (await this.#transport.call('getMergeRequest', { params: { id, requestId } }, options)).body
  }

  /** What a merge would do now. */
  async preview({ id, requestId }: Request, options?: CallOptions): Promise<MergePreview> {
    return (await this.#transport.call('previewMergeRequest', { params: { id, requestId } }, options)).body
  }

  async close({ id, requestId }: Request, options?: CallOptions): Promise<MergeRequest> {
    return (await this.#transport.call('closeMergeRequest', { params: { id, requestId } }, options)).body
  }
}

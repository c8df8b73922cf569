import type { Catalog, PromptPin, PromptVersionContent } from '@fairlead/core/workflow'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'

/** Which version of which prompt, as a workflow node or a caller names it. Without a selector: label `production`, else the head of `main`. */
export interface PromptReferenceRequest {
  /** The prompt's id or key. */
  prompt: string
  label?: string | undefined
  branch?: string | undefined
  version?: number | undefined
  /** What a running A/B test assigns by. */
  unit?: string | null | undefined
  attributes?: Record<string, unknown> | null | undefined
}

export interface ResolvedPrompt {
  pin: PromptPin
  /** With the texts of other prompts in the place of its references. */
  content: PromptVersionContent
}

/**
 * Turns a reference into a version. The prompt room answers by refs; the experiment room will answer for prompts under
 * test, by the unit, and leave the rest to the prompt room.
 */
export interface VersionResolver {
  /** Null when the prompt or the ref does not exist; throws when what it refers to can't be composed. Runs in the caller's transaction and organization. */
  resolve(db: Kysely<Tables>, request: PromptReferenceRequest): Promise<ResolvedPrompt | null>
  /** What pins stand for by `pinKey`, composed of exactly the versions in them; a pin of which one is gone is left out. */
  load(db: Kysely<Tables>, pins: readonly PromptPin[]): Promise<Map<string, PromptVersionContent>>
}

/** A version, as other rooms hold on to it. */
export interface VersionHandle {
  id: string
  promptId: string
  versionNumber: number
  contentHash: string
}

/** Finds prompts and their versions for other rooms, in the caller's transaction and organization. */
export interface PromptVersions {
  findPrompt(db: Kysely<Tables>, idOrKey: string): Promise<{ id: string; key: string } | null>
  findVersion(
    db: Kysely<Tables>,
    promptId: string,
    selection: { version?: number | undefined; branch?: string | undefined; label?: string | undefined },
  ): Promise<VersionHandle | null>
  /** By id; one that is gone is left out. */
  loadVersions(db: Kysely<Tables>, ids: readonly string[]): Promise<Map<string, VersionHandle>>
}

/** What workflows can know about an organization's prompts. */
export interface PromptCatalog {
  /** Runs in the caller's transaction and organization; `names` (ids or keys) leaves out all others. */
  list(db: Kysely<Tables>, names?: readonly string[]): Promise<Catalog['prompts']>
}

/**
 * Says for which versions a check that a protection rule requires is met. The A/B tests answer for the check
 * `experiment`; a check that nobody answers for is not met.
 */
export interface CheckSource {
  readonly checkName: string
  /** The ids of those versions of a prompt, among the ones that are asked about. */
  metFor(
    db: Kysely<Tables>,
    promptId: string,
    versions: readonly { versionId: string; contentHash: string }[],
  ): Promise<ReadonlySet<string>>
}

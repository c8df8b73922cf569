import type { Catalog, PromptPin, PromptVersionContent } from '@fairlead/core/workflow'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { Principal } from '../http/index.ts'

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
  /** The keys of prompts, by id; one that is gone is left out. */
  loadKeys(db: Kysely<Tables>, promptIds: readonly string[]): Promise<Map<string, string>>
  /** The ids of the versions that refs name now, in their order; null for a ref that is not there. */
  findTargets(
    db: Kysely<Tables>,
    refs: readonly { promptId: string; kind: 'branch' | 'label' | 'version'; name: string }[],
  ): Promise<(string | null)[]>
  /** By id; one that is gone is left out. */
  loadVersions(db: Kysely<Tables>, ids: readonly string[]): Promise<Map<string, VersionHandle>>
}

/** What a promotion moved, so that it can be moved back. */
export interface Promoted {
  mergedInto: string | null
  label: string | null
  /** The number of the version that the label named before; null where there was no such label, or none was moved. */
  from: number | null
  to: number
}

/** Brings versions to where they are used, under protection. */
export interface VersionPromotion {
  /** The number of the version that a label of a prompt names; null where there is no such label. */
  shownBy(organizationId: string, promptId: string, label: string): Promise<number | null>
  /**
   * Merges a version into a branch and moves a label to it, each if it is named. The label goes to the version, or to what
   * came of the merge if that says the same. By the control plane where nobody asks for it. Throws what protection, merging
   * and moving throw; what was done before that stays.
   */
  promote(
    organizationId: string,
    by: Principal | null,
    version: VersionHandle,
    how: { mergeInto: string | null; label: string | null; message: string },
  ): Promise<Promoted>
  /** Moves a label from where a promotion has put it back to where it was; answers false where it stands elsewhere by now. */
  undo(organizationId: string, promptId: string, promoted: Promoted, message: string): Promise<boolean>
}

/** What workflows can know about an organization's prompts. */
export interface PromptCatalog {
  /** Runs in the caller's transaction and organization; `names` (ids or keys) leaves out all others. */
  list(db: Kysely<Tables>, names?: readonly string[]): Promise<Catalog['prompts']>
}

/** A branch or label of a prompt on its way from one content to another. */
export interface CheckedMove {
  kind: 'branch' | 'label' | 'tag'
  /** Null where it is made. */
  fromContent: string | null
  toContent: string
}

/**
 * Says for which moves a check that a protection rule requires is met. The A/B tests answer for the check `experiment`; a
 * check that nobody answers for is not met.
 */
export interface CheckSource {
  readonly checkName: string
  /** What must be so for it to be met, in words that follow "it has not passed for this content: ". */
  readonly demand: string
  /** Those of the moves that are asked about, in the same objects. */
  metFor<Move extends CheckedMove>(
    db: Kysely<Tables>,
    promptId: string,
    moves: readonly Move[],
  ): Promise<ReadonlySet<Move>>
}

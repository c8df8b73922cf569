import { FairleadError } from '@fairlead/core/base'
import type { AbTest, AbVariant } from '@fairlead/core/experiment'
import type { Database } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import type { Actor, PromptServices } from '../prompt/index.ts'
import { actorOf, controlPlaneActor } from '../prompt/index.ts'
import { controlPlane, record } from './history.ts'

export interface PromoteServiceParts {
  database: Database
  prompts: Pick<PromptServices, 'refs' | 'history'>
}

/** What was moved, so that it can be moved back. */
interface Promoted {
  label: string | null
  from: { versionNumber: number } | null
  to: { versionNumber: number }
  mergedInto: string | null
}

/**
 * Brings a winner to where it is used: merges it, moves the label, both under protection, which the test's decision may
 * be what lifts. What protection refuses leaves the test completed, and stands in its history.
 */
export class PromoteService {
  readonly #parts: PromoteServiceParts

  constructor(parts: PromoteServiceParts) {
    this.#parts = parts
  }

  /** After the test has come to its end; by whoever ended it, or by the control plane where its rule did. */
  async promote(organizationId: string, by: Principal | null, test: AbTest): Promise<void> {
    const winner = test.variants.find(({ id }) => id === test.winnerVariantId)
    if (!test.promotion || !winner?.version || winner.promptId === null) return
    const actor = by ? actorOf(by) : controlPlaneActor
    const held = { organization_id: organizationId, id: test.id }
    const who = by ?? controlPlane
    try {
      const promoted = await this.#move(organizationId, actor, test, winner)
      await this.#parts.database.withOrganization(organizationId, (db) => record(db, held, who, 'promoted', promoted))
    } catch (error) {
      if (!(error instanceof FairleadError)) throw error
      const data = { code: error.code, reason: error.message }
      await this.#parts.database.withOrganization(organizationId, (db) =>
        record(db, held, who, 'promotion_refused', data),
      )
    }
  }

  async #move(organizationId: string, by: Actor, test: AbTest, winner: AbVariant): Promise<Promoted> {
    const { refs, history } = this.#parts.prompts
    const { mergeInto, label } = test.promotion!
    const promptId = winner.promptId!
    const { versionNumber, contentHash } = winner.version!
    const commitMessage = `Winner of the A/B test "${test.name}": ${winner.name}`
    let to = { versionNumber }
    if (mergeInto !== null) {
      const target = await refs.get(organizationId, promptId, { kind: 'branch', name: mergeInto })
      const place = { branch: mergeInto, commitMessage, expectedHash: target.version.commitHash, resolutions: undefined }
      const merged = await history.merge(organizationId, promptId, by, {
        ...place,
        source: String(versionNumber),
        mode: 'merge',
      })
      // What else came with the merge was not tested: the label goes to what was.
      if (merged.version.contentHash === contentHash) to = { versionNumber: merged.version.versionNumber }
    }
    if (label === null) return { label, from: null, to, mergedInto: mergeInto }
    const ref = { kind: 'label' as const, name: label }
    const before = await refs.get(organizationId, promptId, ref).catch(absent)
    const from = before ? { versionNumber: before.version.versionNumber } : null
    if (from?.versionNumber !== to.versionNumber) {
      const expectedHash = before?.version.commitHash ?? null
      await refs.move(organizationId, promptId, by, ref, { to: String(to.versionNumber), expectedHash, reason: commitMessage })
    }
    return { label, from, to, mergedInto: mergeInto }
  }
}

function absent(error: unknown): undefined {
  if (error instanceof FairleadError && error.code === 'prompt.ref_not_found') return undefined
  throw error
}

import { FairleadError } from '@fairlead/core/base'
import { actorOf, controlPlaneActor } from './actor.ts'
import type { HistoryService } from './history-service.ts'
import type { VersionPromotion } from './ports.ts'
import type { RefService } from './ref-service.ts'

/** The prompt room as a promoter of versions. */
export function createVersionPromotion(refs: RefService, history: HistoryService): VersionPromotion {
  const find = (organizationId: string, promptId: string, name: string) =>
    refs.get(organizationId, promptId, { kind: 'label', name }).catch(absent)
  return {
    async shownBy(organizationId, promptId, label) {
      return (await find(organizationId, promptId, label))?.version.versionNumber ?? null
    },

    async promote(organizationId, by, { promptId, versionNumber, contentHash }, { mergeInto, label, message }) {
      const actor = by ? actorOf(by) : controlPlaneActor
      let to = versionNumber
      if (mergeInto !== null) {
        const target = await refs.get(organizationId, promptId, { kind: 'branch', name: mergeInto })
        const merged = await history.merge(organizationId, promptId, actor, {
          branch: mergeInto,
          source: String(versionNumber),
          mode: 'merge',
          commitMessage: message,
          expectedHash: target.version.commitHash,
        })
        // What else came with the merge was not tested: the label goes to what was.
        if (merged.version.contentHash === contentHash) to = merged.version.versionNumber
      }
      if (label === null) return { mergedInto: mergeInto, label, from: null, to }
      const ref = { kind: 'label' as const, name: label }
      const before = await find(organizationId, promptId, label)
      const from = before?.version.versionNumber ?? null
      if (from !== to) {
        const move = { to: String(to), expectedHash: before?.version.commitHash ?? null, reason: message }
        await refs.move(organizationId, promptId, actor, ref, move)
      }
      return { mergedInto: mergeInto, label, from, to }
    },

    async undo(organizationId, promptId, { label, from, to }, message) {
      if (label === null || from === null || from === to) return false
      const ref = { kind: 'label' as const, name: label }
      const now = await find(organizationId, promptId, label)
      if (now?.version.versionNumber !== to) return false
      // Protection guards what comes onto a label, and would keep a harmful version there.
      const move = { to: String(from), expectedHash: now.version.commitHash, reason: message, isRestored: true }
      await refs.move(organizationId, promptId, controlPlaneActor, ref, move)
      return true
    },
  }
}

function absent(error: unknown): undefined {
  if (error instanceof FairleadError && error.code === 'prompt.ref_not_found') return undefined
  throw error
}

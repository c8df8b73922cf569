import type { PromptVersions, VersionHandle } from './ports.ts'
import { hex } from './record.ts'
import { findTargets } from './ref-store.ts'
import { findByIdOrKey, findSelected } from './select.ts'
import type { VersionRow } from './store.ts'
import { findKeys, findVersionsById } from './store.ts'

/** The prompt room as a finder of versions. */
export const versionFinder: PromptVersions = {
  async findPrompt(db, idOrKey) {
    const row = await findByIdOrKey(db, idOrKey)
    return row ? { id: row.id, key: row.key } : null
  },
  async findVersion(db, promptId, selection) {
    const row = await findSelected(db, promptId, selection)
    return row ? handleOf(row) : null
  },
  findTargets,
  async loadKeys(db, promptIds) {
    const rows = await findKeys(db, [...new Set(promptIds)])
    return new Map(rows.map(({ id, key }) => [id, key]))
  },
  async loadVersions(db, ids) {
    const rows = await findVersionsById(db, [...new Set(ids)])
    return new Map(rows.map((row) => [row.id, handleOf(row)]))
  },
}

function handleOf(row: Pick<VersionRow, 'id' | 'prompt_id' | 'version_number' | 'content_hash'>): VersionHandle {
  return {
    id: row.id,
    promptId: row.prompt_id,
    versionNumber: row.version_number,
    contentHash: hex(row.content_hash),
  }
}

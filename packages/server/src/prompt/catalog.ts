import { variablesOf } from '@fairlead/core/prompt'
import type { PromptCatalog } from './ports.ts'
import { contentOf, listCurrentVersions } from './store.ts'

/** Prompts as a workflow's author sees them: with the variables of the version that a node gets when it names no ref. */
export const promptCatalog: PromptCatalog = {
  async list(db, names) {
    const rows = await listCurrentVersions(db, names)
    return rows.map((row) => ({ id: row.prompt_id, key: row.key, variables: variablesOf(contentOf(row)) }))
  },
}

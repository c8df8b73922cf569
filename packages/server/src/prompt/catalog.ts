import type { PromptContent } from '@fairlead/core/prompt'
import { variablesOf } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import { ComposedVariables } from './composed-variables.ts'
import type { PromptCatalog } from './ports.ts'
import { contentOf, listContents, listCurrentVersions } from './store.ts'

/** How many contents are read at once: each may be a megabyte. */
const batchSize = 20
/** Of how many versions it is remembered which names their templates use. */
const maxRemembered = 10_000
/** The same of composed versions, whose variables are remembered with their schemas. */
const maxComposed = 1_000

/**
 * Prompts as a workflow's author sees them: with the variables of the version that a node gets when it names no ref. Which
 * names the templates of a version use never changes, so its content is read once. A prompt whose references lead nowhere
 * is listed with its own variables alone: what is wrong is said where it is used.
 */
export function createPromptCatalog(): PromptCatalog {
  const remembered = new Map<string, string[]>()
  const composed = new ComposedVariables(maxComposed)

  async function usedNames(db: Kysely<Tables>, ids: readonly string[]): Promise<Map<string, string[]>> {
    const used = new Map(ids.map((id) => [id, remembered.get(id)]))
    const missing = ids.filter((id) => used.get(id) === undefined)
    for (let begin = 0; begin < missing.length; begin += batchSize) {
      for (const row of await listContents(db, missing.slice(begin, begin + batchSize))) {
        const names = Object.keys(variablesOf(contentOf(row)))
        used.set(row.id, names)
        remembered.set(row.id, names)
        if (remembered.size > maxRemembered) remembered.delete(remembered.keys().next().value!)
      }
    }
    return used as Map<string, string[]>
  }

  return {
    async list(db, names) {
      const rows = await listCurrentVersions(db, names)
      const used = await usedNames(
        db,
        rows.map(({ id }) => id),
      )
      const whole = await composed.list(db, rows)
      return rows.map(({ id, prompt_id, key, variables }) => ({
        id: prompt_id,
        key,
        variables: whole.get(id) ?? {
          ...Object.fromEntries(used.get(id)!.map((name) => [name, true])),
          ...(variables as PromptContent['variables'] | null),
        },
      }))
    },
  }
}

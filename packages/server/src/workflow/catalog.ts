import type { Catalog } from '@fairlead/core/workflow'
import type { ScopedDb } from '../database/index.ts'
import type { PromptCatalog } from '../prompt/index.ts'
import { liveCatalogs } from './worker-store.ts'

/**
 * What workflows of an organization may name: its prompts, and the models and tools of the process's own worker and of
 * the workers that registered. Of tools with one name the first worker's counts.
 */
export async function loadCatalog(
  db: ScopedDb,
  prompts: PromptCatalog,
  own: Pick<Catalog, 'models' | 'tools'>,
): Promise<Catalog> {
  const models = new Map<string, Catalog['models'][number]>()
  const tools = new Map<string, Catalog['tools'][number]>()
  for (const catalog of [own, ...(await liveCatalogs(db))]) {
    for (const model of catalog.models) if (!models.has(model.id)) models.set(model.id, model)
    for (const tool of catalog.tools) if (!tools.has(tool.id)) tools.set(tool.id, tool)
  }
  return { prompts: await prompts.list(db), models: [...models.values()], tools: [...tools.values()] }
}

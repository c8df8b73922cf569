import type { Catalog, Workflow } from '@fairlead/core/workflow'
import type { ScopedDb } from '../database/index.ts'
import type { PromptCatalog } from '../prompt/ports.ts'
import { liveCatalogs } from './worker-store.ts'

/** What the worker in this process offers. */
export interface OwnCatalog extends Pick<Catalog, 'models' | 'tools'> {
  /** Whether a model can be named beyond those that are listed, such as any model of a configured provider. */
  hasModel(modelId: string): boolean
}

/**
 * What workflows of an organization may name: its prompts, and the models and tools of the process's own worker and of
 * the workers that registered. Of tools with one name the first worker's counts. For a given workflow only the prompts
 * that it names are read.
 */
export async function loadCatalog(
  db: ScopedDb,
  { prompts, own }: { prompts: PromptCatalog; own: OwnCatalog },
  workflow?: Workflow,
): Promise<Catalog> {
  const models = new Map<string, Catalog['models'][number]>()
  const tools = new Map<string, Catalog['tools'][number]>()
  for (const catalog of [own, ...(await liveCatalogs(db))]) {
    for (const model of catalog.models) if (!models.has(model.id)) models.set(model.id, model)
    for (const tool of catalog.tools) if (!tools.has(tool.id)) tools.set(tool.id, tool)
  }
  const promptIds: string[] = []
  for (const node of workflow?.nodes ?? []) {
    if (node.type !== 'prompt') continue
    const { promptId, modelId } = node.data.config
    promptIds.push(promptId)
    if (!models.has(modelId) && own.hasModel(modelId)) models.set(modelId, { id: modelId })
  }
  const named = workflow && [...new Set(promptIds)]
  return { prompts: await prompts.list(db, named), models: [...models.values()], tools: [...tools.values()] }
}

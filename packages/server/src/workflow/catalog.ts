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
 * the workers that registered. Of tools with one name the first worker's counts. For a given workflow nothing is read
 * that it does not name.
 */
export async function loadCatalog(
  db: ScopedDb,
  { prompts, own }: { prompts: PromptCatalog; own: OwnCatalog },
  workflow?: Workflow,
): Promise<Catalog> {
  const models = new Map(own.models.map((model) => [model.id, model]))
  const tools = new Map(own.tools.map((tool) => [tool.id, tool]))
  const named = workflow && namesIn(workflow)
  for (const id of named?.models ?? []) if (own.hasModel(id)) models.set(id, models.get(id) ?? { id })
  const isOwnEnough = named?.models.every((id) => models.has(id)) && named.tools.every((id) => tools.has(id))
  for (const catalog of isOwnEnough ? [] : await liveCatalogs(db)) {
    for (const model of catalog.models) if (!models.has(model.id)) models.set(model.id, model)
    for (const tool of catalog.tools) if (!tools.has(tool.id)) tools.set(tool.id, tool)
  }
  return { prompts: await prompts.list(db, named?.prompts), models: [...models.values()], tools: [...tools.values()] }
}

function namesIn({ nodes }: Workflow): { prompts: string[]; models: string[]; tools: string[] } {
  const prompts = nodes.flatMap(({ type, data }) => (type === 'prompt' ? [data.config] : []))
  const tools = nodes.flatMap(({ type, data }) => (type === 'tool' ? [data.config.toolId] : []))
  return {
    prompts: [...new Set(prompts.map(({ promptId }) => promptId))],
    models: [...new Set(prompts.map(({ modelId }) => modelId))],
    tools,
  }
}

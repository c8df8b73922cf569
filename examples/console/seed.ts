import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Workflow } from '@fairlead/core/workflow'
import { serializeWorkflow } from '@fairlead/core/workflow'
import { createClient, FairleadApiError } from '@fairlead/sdk'
import type { ControlPlane } from '@fairlead/server'
import { prompts } from './prompts.ts'
import workflow from './workflow.json' with { type: 'json' }

export const demoWorkflow = workflow as Workflow

/** What the demonstration remembers between starts. The key is stored here in the clear: it opens demonstration data only. */
interface Memory {
  organizationId: string
  apiKey: string
  workflowId?: string
}

/** Makes sure that the demonstration organization, its key, its prompts and its workflow exist; a second start changes nothing. */
export async function seed(controlPlane: ControlPlane, baseUrl: string, folder: string) {
  const path = join(folder, 'demo.json')
  const memory = await rememberOrganization(controlPlane, path)
  const client = createClient({ baseUrl, apiKey: memory.apiKey })
  for (const [key, { name, content }] of Object.entries(prompts)) {
    if (!(await exists(client.prompts.head(key))))
      await client.prompts.create({ key, name, content, commitMessage: 'First version' })
  }
  if (memory.workflowId && (await exists(client.workflows.get(memory.workflowId)))) {
    return { client, apiKey: memory.apiKey, workflowId: memory.workflowId }
  }
  const { id } = await client.workflows.create({ definition: JSON.parse(serializeWorkflow(demoWorkflow)) })
  save(path, { ...memory, workflowId: id })
  return { client, apiKey: memory.apiKey, workflowId: id }
}

async function rememberOrganization(controlPlane: ControlPlane, path: string): Promise<Memory> {
  if (existsSync(path)) {
    const memory: Memory = JSON.parse(readFileSync(path, 'utf8'))
    if (await controlPlane.verifyKey(memory.apiKey)) return memory
  }
  const { organization, key } = await controlPlane.bootstrapOrganization({
    name: 'Harbour Goods (demonstration)',
    slug: 'demo',
    keyName: 'Demonstration',
  })
  return save(path, { organizationId: organization.id, apiKey: key.secret })
}

function save(path: string, memory: Memory): Memory {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, `${JSON.stringify(memory, null, 2)}\n`, { mode: 0o600 })
  return memory
}

async function exists(request: Promise<unknown>): Promise<boolean> {
  try {
    await request
    return true
  } catch (error) {
    if (error instanceof FairleadApiError && error.status === 404) return false
    throw error
  }
}

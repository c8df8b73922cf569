import type { promptEndpoints, versionEndpoints } from '@fairlead/core/prompt'
import type { Handlers } from '../http/index.ts'
import { pageOf } from '../http/index.ts'
import { actorOf } from './actor.ts'
import { createDeliveryRoutes } from './delivery-routes.ts'
import { createHistoryRoutes } from './history-routes.ts'
import { headIn, tagOfPrompt } from './prompt-tag.ts'
import { createRefRoutes } from './ref-routes.ts'
import { createReviewRoutes } from './review-routes.ts'
import type { PromptService } from './service.ts'
import type { PromptServices } from './services.ts'
import { createTransferRoutes } from './transfer-routes.ts'
import type { TryPrompt } from './try.ts'

/** The prompt room over HTTP: `:id` takes a prompt's id or its key. */
export function createPromptRoutes({
  tryPrompt,
  ...services
}: PromptServices & { tryPrompt: TryPrompt }): Handlers<keyof typeof promptEndpoints> {
  return {
    ...createVersionRoutes(services.prompts, tryPrompt),
    ...createDeliveryRoutes(services.delivery, services.changes),
    ...createRefRoutes(services.refs),
    ...createHistoryRoutes(services.history),
    ...createTransferRoutes(services.transfers),
    ...createReviewRoutes(services),
  }
}

function createVersionRoutes(prompts: PromptService, tryPrompt: TryPrompt): Handlers<keyof typeof versionEndpoints> {
  return {
    async createPrompt({ organizationId, principal, body }) {
      const prompt = await prompts.create(organizationId, actorOf(principal), body)
      return { status: 201, body: prompt, location: `/prompts/${prompt.id}`, etag: tagOfPrompt(prompt) }
    },

    async listPrompts({ organizationId, query: { limit, key, archived }, cursor }) {
      const [after] = cursor.after('string') ?? []
      const rows = await prompts.list(organizationId, { key, archived }, { limit: limit + 1, after })
      return {
        status: 200,
        body: pageOf(rows, { limit, cursor, item: (prompt) => prompt, position: ({ key }) => [key] }),
      }
    },

    async getPrompt({ organizationId, params }) {
      const prompt = await prompts.get(organizationId, params.id)
      return { status: 200, body: prompt, etag: tagOfPrompt(prompt) }
    },

    async updatePrompt({ organizationId, params, body, ifMatch }) {
      const prompt = await prompts.update(organizationId, params.id, ifMatch, body)
      return { status: 200, body: prompt, etag: tagOfPrompt(prompt) }
    },

    async createPromptVersion({ organizationId, principal, params, body, ifMatch }) {
      const version = await prompts.commit(organizationId, params.id, actorOf(principal), {
        ...body,
        expectedHash: headIn(ifMatch),
      })
      return {
        status: 201,
        body: version,
        location: `/prompts/${version.promptId}/versions/${version.versionNumber}`,
        etag: version.commitHash,
      }
    },

    async listPromptVersions({ organizationId, params, query: { limit }, cursor }) {
      const [after] = cursor.after('number') ?? []
      const rows = await prompts.listVersions(organizationId, params.id, { limit: limit + 1, after })
      return {
        status: 200,
        body: pageOf(rows, {
          limit,
          cursor,
          item: (version) => version,
          position: (version) => [version.versionNumber],
        }),
      }
    },

    async getPromptVersion({ organizationId, params }) {
      const version = await prompts.getVersion(organizationId, params.id, params.version)
      return { status: 200, body: version, etag: version.commitHash }
    },

    async renderPrompt({ organizationId, params, body: { variables, ...selection } }) {
      const { version, messages } = await prompts.render(organizationId, params.id, selection, variables)
      return { status: 200, body: { versionId: version.id, versionNumber: version.versionNumber, messages } }
    },

    async tryPrompt({ organizationId, params, body: { variables, model, ...selection }, signal }) {
      const tried = await tryPrompt(organizationId, params.id, { selection, variables, model, signal })
      return { status: 200, body: tried }
    },
  }
}

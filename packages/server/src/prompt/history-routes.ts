import type { historyEndpoints } from '@fairlead/core/prompt'
import type { Handlers } from '../http/index.ts'
import { actorOf } from './actor.ts'
import type { Committed, HistoryService } from './history-service.ts'
import { headIn } from './prompt-tag.ts'

/** What is done along a prompt's history, over HTTP. */
export function createHistoryRoutes(history: HistoryService): Handlers<keyof typeof historyEndpoints> {
  return {
    async diffPromptVersions({ organizationId, params, query }) {
      return { status: 200, body: await history.diff(organizationId, params.id, query) }
    },
    async rollBackPrompt({ organizationId, principal, params, body, ifMatch }) {
      const place = { ...body, expectedHash: headIn(ifMatch) }
      return created(await history.rollBack(organizationId, params.id, actorOf(principal), place))
    },
    async revertPromptVersion({ organizationId, principal, params, body, ifMatch }) {
      const place = { ...body, expectedHash: headIn(ifMatch) }
      return answer(await history.revert(organizationId, params.id, actorOf(principal), place))
    },
    async cherryPickPromptVersion({ organizationId, principal, params, body, ifMatch }) {
      const place = { ...body, expectedHash: headIn(ifMatch) }
      return answer(await history.cherryPick(organizationId, params.id, actorOf(principal), place))
    },
    async previewPromptMerge({ organizationId, params, body }) {
      return { status: 200, body: await history.preview(organizationId, params.id, body) }
    },
    async mergePrompt({ organizationId, principal, params, body, ifMatch }) {
      const place = { ...body, expectedHash: headIn(ifMatch) }
      return answer(await history.merge(organizationId, params.id, actorOf(principal), place))
    },
    async listPromptHistory({ organizationId, params, query: { limit }, cursor }) {
      const [after, newest] = cursor.after('number', 'number') ?? []
      const { rows, next } = await history.history(organizationId, params.id, { limit, after, newest })
      return { status: 200, body: { data: rows, nextCursor: next && cursor.next(next) } }
    },
    async blamePrompt({ organizationId, params, query }) {
      return { status: 200, body: await history.blame(organizationId, params.id, query.at) }
    },
    async verifyPromptHistory({ organizationId, params }) {
      return { status: 200, body: await history.verify(organizationId, params.id) }
    },
  }
}

function answer(committed: Committed) {
  const { isNew: _isNew, ...body } = committed
  if (committed.isNew) return created(committed)
  return { status: 200 as const, body, etag: committed.version.commitHash }
}

function created({ version, reference }: Committed) {
  return {
    status: 201 as const,
    body: { version, reference },
    location: `/prompts/${version.promptId}/versions/${version.versionNumber}`,
    etag: version.commitHash,
  }
}

import type { deliveryEndpoints, PromptEvent } from '@fairlead/core/prompt'
import type { ChangeFeed } from '../database/index.ts'
import type { Handlers } from '../http/index.ts'
import { streamChanges } from '../http/index.ts'
import type { DeliveryService } from './delivery-service.ts'
import { tagOf } from './delivery-service.ts'

/** What applications fetch and follow, over HTTP. */
export function createDeliveryRoutes(
  delivery: DeliveryService,
  changes: ChangeFeed,
): Handlers<keyof typeof deliveryEndpoints> {
  return {
    async resolvePrompt({ organizationId, params, query }) {
      const resolved = await delivery.resolve(organizationId, params.id, query)
      return { status: 200, body: resolved, etag: tagOf(resolved) }
    },

    async streamPromptEvents({ organizationId, query, signal }) {
      const follow = query.follow !== 'false'
      return { stream: (response) => streamChanges(changes, { organizationId, follow, signal, eventOf }, response) }
    },
  }
}

function eventOf(promptId: string | null): PromptEvent {
  return { type: promptId === null ? 'prompt.resync' : 'prompt.changed', promptId }
}

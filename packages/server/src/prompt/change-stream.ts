import { once } from 'node:events'
import type { PromptEvent } from '@fairlead/core/prompt'
import type { Response } from 'express'
import { beat, beginStream, createBell, heartbeatMs } from '../http/index.ts'
import type { PromptChanges } from './change-feed.ts'

/** So many prompts may be waiting for a viewer that reads slowly; beyond that it is told to look at all of them. */
const mostWaiting = 1_000

/**
 * Streams which prompts have moved, as server-sent events without ids: what was missed while nobody was connected is made
 * good by the `prompt.resync` that every stream begins with. A prompt that moves often is told of once to a viewer that has
 * not read of it yet. Ends when the viewer or its credential goes, or when the server drains.
 */
export async function streamChanges(
  changes: PromptChanges,
  { organizationId, follow, signal }: { organizationId: string; follow: boolean; signal: AbortSignal },
  response: Response,
): Promise<void> {
  const bell = createBell(signal)
  let waiting = new Set<string | null>([null])
  const leave = await changes.follow(organizationId, ({ promptId }) => {
    if (promptId === null || waiting.size >= mostWaiting) waiting = new Set([null])
    else if (!waiting.has(null)) waiting.add(promptId)
    bell.ring()
  })
  const heartbeat = setInterval(() => beat(response), heartbeatMs).unref()
  try {
    beginStream(response)
    while (!signal.aborted) {
      const text = [...waiting].map(frameOf).join('')
      waiting.clear()
      const hasRoom = text === '' || response.write(text)
      if (!follow) break
      if (!hasRoom) await once(response, 'drain', { signal }).catch(() => {})
      await bell.rung()
    }
    response.end()
  } finally {
    clearInterval(heartbeat)
    leave()
  }
}

function frameOf(promptId: string | null): string {
  const event: PromptEvent = { type: promptId === null ? 'prompt.resync' : 'prompt.changed', promptId }
  return `data: ${JSON.stringify(event)}\n\n`
}

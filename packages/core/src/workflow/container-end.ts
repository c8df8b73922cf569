import type { RunEventBody } from './run-schema.ts'

/**
 * What every address begins with that lies inside the container whose end an event tells of: `tickets[` for the end of
 * `tickets`. Null for all other events. Nothing in there goes on any more: what was under way was cut off by a failure,
 * and its questions are cancelled.
 */
export function endedInside(event: RunEventBody): string | null {
  if (event.type !== 'node.completed' && event.type !== 'node.failed') return null
  return event.nodeType === 'parallel' || event.nodeType === 'loop' ? `${event.address}[` : null
}

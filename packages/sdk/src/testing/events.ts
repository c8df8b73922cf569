import type { RunEvent, RunEventBody } from '@fairlead/core/workflow'

/** Events of one run as the control plane would store them: numbered from 1, a millisecond apart. */
export function numberEvents(
  runId: string,
  events: readonly RunEventBody[],
  startedAt = '2026-01-01T00:00:00Z',
): RunEvent[] {
  const start = Date.parse(startedAt)
  return events.map((event, index) => ({
    runId,
    seq: index + 1,
    at: new Date(start + index).toISOString(),
    ...event,
  }))
}

/** An event stream's text from a number on. */
export function encodeEvents(events: readonly RunEvent[], after: number): string {
  const rest = events.filter(({ seq }) => seq > after)
  return rest.map((event) => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}

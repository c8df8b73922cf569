import type { RunEvent, TimedEvent } from '@fairlead/core/workflow'

/** An event as it is stored: what every event has in columns, the rest as it came. */
export interface EventRow {
  type: string
  address: string | null
  payload: string
  at: string
}

export function toEventRow({ type, at, ...rest }: TimedEvent): EventRow {
  const { address = null, ...payload } = rest as { address?: string | null }
  return { type, address, payload: JSON.stringify(payload), at }
}

/** A stored event as viewers get it. */
export function toRunEvent(
  runId: string,
  row: { seq: number; type: string; address: string | null; payload: unknown; at: Date },
): RunEvent {
  const place = row.address === null ? {} : { address: row.address }
  const payload = row.payload as object
  return { runId, seq: row.seq, at: row.at.toISOString(), type: row.type, ...place, ...payload } as RunEvent
}

import type { TimedEvent } from '../workflow/index.ts'
import { addressOf } from './address.ts'
import type { Execution } from './context.ts'
import type { Frame } from './frame.ts'
import type { PlannedNode } from './plan.ts'

type NodeEvent = Extract<TimedEvent, { address: string }>
type WithoutPlace<Event> = Event extends unknown ? Omit<Event, 'address' | 'nodeId' | 'nodeType' | 'at'> : never

/** Announces something about the node at its address. */
export function emit(execution: Execution, planned: PlannedNode, frame: Frame, event: WithoutPlace<NodeEvent>): void {
  execution.emit(nodeEvent(execution, planned, addressOf(planned, frame), event))
}

/** An event about a node, with its place and time. */
export function nodeEvent(
  execution: Execution,
  { node }: PlannedNode,
  address: string,
  event: WithoutPlace<NodeEvent>,
): TimedEvent {
  const at = new Date(execution.clock()).toISOString()
  return { ...event, address, nodeId: node.id, nodeType: node.type, at } as TimedEvent
}

/** A duration for an event, in ms to a tenth: more digits are noise in everything that stores them. */
export function elapsed(from: number, to: number): number {
  return Math.max(0, Math.round((to - from) * 10) / 10)
}

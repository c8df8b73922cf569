import type { Frame } from './frame.ts'
import type { PlannedNode } from './plan.ts'

/**
 * The address of a node's execution: the node id behind the pass of each loop and the item or branch of each parallel
 * around it, outermost first, such as `refine[2]/draft` or `tickets[17]/classify`.
 */
export function addressOf({ node, loops }: PlannedNode, { data }: Frame): string {
  let address = data.prefix
  for (const loop of loops) address += `${loop}[${data.passes[loop] ?? 0}]/`
  return address + node.id
}

/** What the addresses inside one item or branch of a parallel node begin with. */
export function bodyPrefix(containerAddress: string, position: number): string {
  return `${containerAddress}[${position}]/`
}

import { errorAt, inNode, shown } from '../diagnostic.ts'
import type { Subject } from './subject.ts'

const forbidden = /[/[\]:|]/
/** Records by node id could mistake these for nodes that are there. */
const objectWords = new Set(Object.getOwnPropertyNames(Object.prototype))

/** That every node has an id of its own, and one that can be a node's. */
export function checkNodeIds({ workflow, structure, report }: Subject): void {
  const repeated = new Set(structure.faults.repeatedNodes)
  for (const [position, { id }] of workflow.nodes.entries()) {
    const place = inNode(id, position, 'id')
    if (repeated.has(position)) {
      const message = `The id ${shown(id)} is that of node ${structure.positions.get(id)} too.`
      report(errorAt(place, 'duplicate_node_id', message, 'Give each node its own id.'))
      continue
    }
    const fault = nodeIdFault(id)
    if (fault !== null) report(errorAt(place, 'invalid_node_id', fault.message, fault.hint))
  }
}

/**
 * Why an id can't be a node's, or null. Node ids make up addresses (`refine[2]/draft`) and idempotency keys
 * (`<runId>:<address>`), so they must not look like them.
 */
export function nodeIdFault(id: string): { message: string; hint: string } | null {
  const hint = 'Give the node another id.'
  if (id.trim() === '') return { message: `The node id ${shown(id)} is empty.`, hint: 'Give the node an id.' }
  const character = forbidden.exec(id)?.[0]
  if (character !== undefined) {
    const message = `The node id ${shown(id)} holds "${character}", which separates the parts of an address.`
    return { message, hint: 'Leave out / [ ] : and |.' }
  }
  if (objectWords.has(id)) return { message: `The node id ${shown(id)} is one that every object has.`, hint }
  return id === 'end' ? { message: 'The node id "end" is reserved: as a target it ends the path.', hint } : null
}

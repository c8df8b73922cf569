import { errorAt, inNode, shown } from '../diagnostic.ts'
import type { Subject } from './subject.ts'

const forbidden = /[/[\]:|]/
/** Records by node id could mistake these for nodes that are there. */
const objectWords = new Set(Object.getOwnPropertyNames(Object.prototype))

/** Node ids make up addresses (`refine[2]/draft`) and idempotency keys (`<runId>:<address>`), so they must not look like them. */
export function checkNodeIds({ workflow, structure, report }: Subject): void {
  const repeated = new Set(structure.faults.repeatedNodes)
  for (const [position, { id }] of workflow.nodes.entries()) {
    const place = inNode(id, position, 'id')
    const character = forbidden.exec(id)?.[0]
    if (repeated.has(position)) {
      const first = structure.positions.get(id)
      report(
        errorAt(
          place,
          'duplicate_node_id',
          `The id ${shown(id)} is that of node ${first} too.`,
          'Give each node its own id.',
        ),
      )
    } else if (id.trim() === '') {
      report(errorAt(place, 'invalid_node_id', `The node id ${shown(id)} is empty.`, 'Give the node an id.'))
    } else if (character !== undefined) {
      const message = `The node id ${shown(id)} holds "${character}", which separates the parts of an address.`
      report(errorAt(place, 'invalid_node_id', message, 'Leave out / [ ] : and |.'))
    } else if (objectWords.has(id)) {
      const message = `The node id ${shown(id)} is one that every object has.`
      report(errorAt(place, 'invalid_node_id', message, 'Give the node another id.'))
    } else if (id === 'end') {
      const message = 'The node id "end" is reserved: as a target it ends the path.'
      report(errorAt(place, 'invalid_node_id', message, 'Give the node another id.'))
    }
  }
}

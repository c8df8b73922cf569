import type { FlowPoint } from '../data-flow.ts'
import type { Place } from '../diagnostic.ts'
import { errorAt, listed } from '../diagnostic.ts'
import type { Subject } from './subject.ts'

/** Reports the variables among the names that some path to this point has not written. */
export function reportUnwritten(
  subject: Subject,
  names: readonly string[],
  place: Place,
  point: FlowPoint,
  range: { from?: number; to?: number } = {},
): void {
  const { workflow, index, opaque, report } = subject
  for (const name of new Set(names)) {
    // A variable of this name is refused by its declaration; it can't be what is meant here.
    if (name === 'output') {
      if (point.output !== null) continue
      const message = 'Some path to here has no node before it that wrote, so there is no "output" to read.'
      report({ ...errorAt(place, 'unwritten_output', message, 'Read a variable or an input by its name.'), ...range })
      continue
    }
    if (!Object.hasOwn(workflow.variables, name) || point.isWritten(name)) continue
    const writers = index.writersOf.get(name) ?? []
    const map = mapAround(subject, writers, place.nodeId)
    if (map !== null) {
      const message = `"${name}" is written inside the map "${map}" only, where what a node writes stays with its item.`
      const hint = `Take it out by the map's "result", or give "${name}" a reducer, which combines the items' values.`
      report({ ...errorAt(place, 'maybe_unwritten', message, hint), ...range })
      continue
    }
    const nobody = writers.length === 0 && opaque.size === 0
    const message = nobody
      ? `No node writes the variable "${name}", and it has no default.`
      : `Some path to here has not written the variable "${name}"${writers.length === 0 ? '' : ` (${listed(writers)} would)`}.`
    const hint = nobody
      ? 'Give it a default, or let a node write it before.'
      : 'Give it a default, or let every path to here write it.'
    report({ ...errorAt(place, nobody ? 'never_written' : 'maybe_unwritten', message, hint), ...range })
  }
}

/** The map that holds all writers and not the reader; null when there is none. */
function mapAround({ structure }: Subject, writers: readonly string[], reader: string | null): string | null {
  const [first, ...others] = writers
  if (first === undefined) return null
  const around = new Set(reader === null ? [] : [reader, ...structure.containersOf(reader)])
  const isMap = (nodeId: string) => {
    const node = structure.nodes.get(nodeId)
    return node?.type === 'parallel' && node.data.config.mode === 'map'
  }
  const map = structure.containersOf(first).find((container) => isMap(container) && !around.has(container))
  const holds = (writer: string) => structure.containersOf(writer).includes(map!)
  return map !== undefined && others.every(holds) ? map : null
}

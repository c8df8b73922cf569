import type { Diagnostic } from './document-schema.ts'

/** A place in a workflow document: the node it belongs to, if any, and the keys and positions that lead there. */
export interface Place {
  nodeId: string | null
  path: readonly (string | number)[]
}

/** A JSON pointer (RFC 6901) to the value that the segments lead to. */
export function jsonPointer(segments: readonly (string | number)[]): string {
  return segments.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** An error at a place. `reason` becomes the code `workflow.<reason>`. */
export function errorAt(place: Place, reason: string, message: string, hint: string): Diagnostic {
  return {
    code: `workflow.${reason}`,
    severity: 'error',
    nodeId: place.nodeId,
    path: jsonPointer(place.path),
    message,
    hint,
  }
}

/** As `errorAt`, of what looks mistaken and keeps nothing from running. */
export function warningAt(place: Place, reason: string, message: string, hint: string): Diagnostic {
  return { ...errorAt(place, reason, message, hint), severity: 'warning' }
}

/** The place of a value inside the node at a position of `nodes`. */
export function inNode(nodeId: string, position: number, ...path: (string | number)[]): Place {
  return { nodeId, path: ['nodes', position, ...path] }
}

/** The value as a message shows it: as JSON, cut short. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

/** Names for a message: `"a"`, `"a" and "b"`, `"a", "b" and 3 more`. `names` may be only the first of `total`. */
export function listed(names: readonly string[], most = 4, total = names.length): string {
  const quoted = names.slice(0, most).map((name) => `"${name}"`)
  if (total > most) return `${quoted.slice(0, most - 1).join(', ')} and ${total - most + 1} more`
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`
}

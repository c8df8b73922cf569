import type { Place } from '../diagnostic.ts'
import { errorAt, inNode, shown } from '../diagnostic.ts'
import type { Subject } from './subject.ts'

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Words that CEL keeps for itself (langdef.md, "Values": RESERVED and the literals). */
const celWords = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

/** What expressions reach without a declaration. */
const ownWords = new Set(['output', 'loop', 'index', 'error'])

/** Names that every object has already. */
const objectWords = new Set(Object.getOwnPropertyNames(Object.prototype))

/** Names that expressions read by: identifiers, none reserved, and no two things of the same name. */
export function checkNames({ workflow, report }: Subject): void {
  const inputs = Object.keys(workflow.inputs)
  const variables = Object.keys(workflow.variables)
  const check = (name: string, place: Place, reserved: boolean) => {
    const fault = nameFault(name, reserved)
    if (fault !== null) {
      report(
        errorAt(
          place,
          'invalid_name',
          `The name ${shown(name)} ${fault}.`,
          'Use letters, digits and _, such as "draft_2".',
        ),
      )
    }
    return fault === null
  }
  for (const name of inputs) check(name, { nodeId: null, path: ['inputs', name] }, true)
  for (const name of variables) {
    const place = { nodeId: null, path: ['variables', name] }
    if (check(name, place, true) && Object.hasOwn(workflow.inputs, name)) {
      const message = `"${name}" is an input and a variable, so an expression could mean either.`
      report(errorAt(place, 'duplicate_name', message, 'Rename one of them.'))
    }
  }
  for (const name of Object.keys(workflow.outputs)) check(name, { nodeId: null, path: ['outputs', name] }, false)
  for (const [position, node] of workflow.nodes.entries()) {
    if (node.type !== 'parallel' || node.data.config.mode !== 'map') continue
    const name = node.data.config.itemVariable
    const place = inNode(node.id, position, 'data', 'config', 'itemVariable')
    if (!check(name, place, true)) continue
    const kind = Object.hasOwn(workflow.inputs, name)
      ? 'an input'
      : Object.hasOwn(workflow.variables, name)
        ? 'a variable'
        : null
    if (kind === null) continue
    const message = `"${name}" is ${kind} already, so inside the map an expression could mean either.`
    report(errorAt(place, 'duplicate_name', message, 'Rename the item variable.'))
  }
}

function nameFault(name: string, reserved: boolean): string | null {
  if (!identifier.test(name)) return 'is not an identifier'
  if (name.startsWith('__') || objectWords.has(name)) return 'is one that every object has'
  if (reserved && celWords.has(name)) return 'is a word of the expression language'
  return reserved && ownWords.has(name) ? 'has a meaning of its own in expressions' : null
}

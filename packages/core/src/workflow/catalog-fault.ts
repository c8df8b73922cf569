import { shown } from './diagnostic.ts'
import { copyPlainJson } from './plain-json.ts'

/** What is wrong with one part of what was given as a catalogue, and what should be there. */
export interface CatalogFault {
  message: string
  hint: string
}

const shapes: Readonly<Record<string, string>> = {
  prompts: '{ id, key, variables }, where "variables" has a JSON Schema under the name of each variable',
  models: '{ id }',
  tools: '{ id, inputSchema, outputSchema }, both JSON Schemas',
}

type Record_ = Record<string, unknown>

/**
 * A part of a catalogue as plain JSON, undefined where it is not given or can't be read, with the first thing in it that
 * no name can be checked against. Never throws.
 */
export function readCatalogPart(catalog: unknown, part: string): { value: unknown; fault: CatalogFault | null } {
  try {
    const given = isRecord(catalog) ? catalog[part] : undefined
    const copied = copyPlainJson(given)
    if (given === undefined) return { value: undefined, fault: null }
    if (!copied.ok) {
      const at = placeIn(part, copied.fault.path)
      return { value: undefined, fault: faultAt(part, `The catalogue's ${at} holds ${copied.fault.found}`) }
    }
    return { value: copied.value, fault: partFault(part, copied.value) }
  } catch {
    return { value: undefined, fault: faultAt(part, `The catalogue's "${part}" can't be read`) }
  }
}

function partFault(part: string, value: unknown): CatalogFault | null {
  if (!Array.isArray(value)) return faultAt(part, `The catalogue's "${part}" is ${shown(value)}, which is not a list`)
  for (const [position, entry] of value.entries()) {
    const found = entryFault(part, entry)
    if (found === null) continue
    return faultAt(part, `The catalogue's ${placeIn(part, [position, ...found.path])} is ${found.is}`)
  }
  return null
}

function entryFault(part: string, entry: unknown): { path: string[]; is: string } | null {
  if (!isRecord(entry)) return { path: [], is: `${shown(entry)}, which is not an object` }
  const isNot = (key: string, what: string) => ({ path: [key], is: `${shown(entry[key])}, which is not ${what}` })
  if (typeof entry.id !== 'string')
    return entry.id === undefined ? { path: ['id'], is: 'missing' } : isNot('id', 'a text')
  if (part === 'tools') {
    for (const key of ['inputSchema', 'outputSchema']) {
      if (!mayBeSchema(entry[key])) return isNot(key, 'a JSON Schema')
    }
  }
  if (part !== 'prompts') return null
  const { key, variables } = entry
  if (key !== undefined && typeof key !== 'string') return isNot('key', 'a text')
  if (variables !== undefined && !isRecord(variables)) return isNot('variables', 'an object')
  const faulty = Object.entries(variables ?? {}).find(([, schema]) => !mayBeSchema(schema))
  return faulty ? { path: ['variables', faulty[0]], is: `${shown(faulty[1])}, which is not a JSON Schema` } : null
}

function placeIn(part: string, path: readonly (string | number)[]): string {
  return `"${path.reduce<string>((at, key) => (typeof key === 'number' ? `${at}[${key}]` : `${at}.${key}`), part)}"`
}

function faultAt(part: string, message: string): CatalogFault {
  const list = shapes[part] ?? ''
  return { message: `${message}, so names are not fully checked.`, hint: `"${part}" is a list of ${list}.` }
}

function mayBeSchema(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean' || isRecord(value)
}

function isRecord(value: unknown): value is Record_ {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

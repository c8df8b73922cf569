import type { JsonFault } from './json-schema-fault.ts'
import { inPlaceKeywords, subschemas } from './json-schema-keyword.ts'
import { stronglyConnected } from './strongly-connected.ts'

/** What every `$ref` of a schema leads to, by the schema that holds it. Those that lead nowhere are faults instead. */
export interface References {
  targets: ReadonlyMap<object, object | boolean>
  faults: JsonFault[]
}

/** A schema with an address of its own: the root, and whatever has an `$id`. */
interface Resource {
  address: URL
  root: object
  anchors: Map<string, object>
}

interface Reference {
  schema: object
  text: string
  pointer: string
  from: Resource
}

/** What the root's address is as long as it gives none. It only has to be one that others can be relative to. */
const unnamed = 'fairlead:/schema'

/**
 * Resolves the references of a schema that is sound in itself, each schema in it visited once. A reference stays inside
 * the schema and leads to a place where a schema stands: to an `$id`, an `$anchor` or by a JSON pointer.
 */
export function resolveReferences(root: object): References {
  const faults: JsonFault[] = []
  const places = new Set<object>()
  const open: Reference[] = []
  const resources = new Map<string, Resource>()

  const visit = (schema: object, pointer: string, around: Resource | null): void => {
    places.add(schema)
    const { $id, $anchor, $ref } = schema as { $id?: string; $anchor?: string; $ref?: string }
    let inside = around ?? { address: new URL(unnamed), root, anchors: new Map() }
    if (around === null) resources.set(unnamed, inside)
    if ($id?.startsWith('#')) inside.anchors.set($id.slice(1), schema)
    else if ($id !== undefined) {
      const address = relative($id, inside.address)
      const known = address !== null && address.hash === '' && !resources.has(address.href)
      if (known) inside = { address, root: schema, anchors: new Map() }
      else faults.push({ pointer: `${pointer}/$id`, message: `"${$id}" is no address, or that of another schema too.` })
      if (known) resources.set(address.href, inside)
    }
    if ($anchor !== undefined) inside.anchors.set($anchor, schema)
    if ($ref !== undefined) open.push({ schema, text: $ref, pointer: `${pointer}/$ref`, from: inside })
    for (const below of subschemas(schema)) {
      if (isObject(below.schema)) visit(below.schema, pointer + below.pointer, inside)
    }
  }
  visit(root, '', null)

  const targets = new Map<object, object | boolean>()
  for (const { schema, text, pointer, from } of open) {
    const target = follow(text, from, resources)
    if (typeof target === 'boolean' || (isObject(target) && places.has(target))) targets.set(schema, target)
    else
      faults.push({ pointer, message: `"${text}" leads nowhere. References stay inside the schema: "#/$defs/name".` })
  }
  if (targets.size === 0) return { targets, faults }
  // A reference on a cycle of what is evaluated on one and the same value would be followed for ever.
  const cycleOf = stronglyConnected(places, (schema) => inPlace(schema, targets.get(schema)))
  for (const { schema, text, pointer } of open) {
    const target = targets.get(schema)
    if (!isObject(target) || cycleOf.get(schema) !== cycleOf.get(target)) continue
    faults.push({ pointer, message: `"${text}" leads back to itself without going into the value.` })
  }
  return { targets, faults }
}

function inPlace(schema: object, target: object | boolean | undefined): object[] {
  const below = subschemas(schema).filter(({ keyword }) => inPlaceKeywords.has(keyword))
  return [target, ...below.map((each) => each.schema)].filter(isObject)
}

function follow(text: string, from: Resource, resources: ReadonlyMap<string, Resource>): unknown {
  const hash = text.indexOf('#')
  const fragment = hash < 0 ? '' : text.slice(hash + 1)
  const address = hash === 0 ? from.address : relative(hash < 0 ? text : text.slice(0, hash), from.address)
  const resource = hash === 0 ? from : resources.get(address?.href ?? '')
  if (resource === undefined || fragment === '') return resource?.root
  let decoded: string
  try {
    decoded = decodeURIComponent(fragment)
  } catch {
    return undefined
  }
  if (!decoded.startsWith('/')) return resource.anchors.get(decoded)
  let target: unknown = resource.root
  for (const token of decoded.slice(1).split('/')) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (!isObject(target) || !Object.hasOwn(target, key)) return undefined
    target = (target as Record<string, unknown>)[key]
  }
  return target
}

function relative(text: string, base: URL): URL | null {
  try {
    const address = new URL(text, base)
    // A lone # says nothing.
    if (address.hash === '') address.hash = ''
    return address
  } catch {
    return null
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

import type { JsonSchema } from '../base/json-schema.ts'
import { allKinds, jsonKinds, kind, numberKinds } from './value.ts'

/** What is known about the members of a map. */
export interface Fields {
  names: readonly string[]
  /** The type of a known member. */
  get(name: string): StaticType | undefined
  /** Members beyond the known ones may be read. */
  open: boolean
  /** There can be no others, whatever else is known about the map. */
  sealed: boolean
}

/** Of a choice among more values nothing is claimed: each comparison and union would go through them all. */
const maxConstants = 250

interface Knowledge {
  schema?: () => JsonSchema
  /** The type of a list's items. */
  item?: () => StaticType
  fields?: Fields
  /** All values it can have, where an enum, a const or a literal says so. */
  constants?: readonly unknown[] | undefined
}

/** What is known about a value before it is there: the kinds it may be of, and what it holds. */
export class StaticType {
  readonly kinds: number
  readonly fields: Fields | undefined
  readonly constants: readonly unknown[] | undefined
  readonly #schema: (() => JsonSchema) | undefined
  readonly #item: (() => StaticType) | undefined

  constructor(kinds: number, knowledge: Knowledge = {}) {
    this.kinds = kinds
    this.fields = knowledge.fields
    this.constants = (knowledge.constants?.length ?? 0) > maxConstants ? undefined : knowledge.constants
    this.#schema = knowledge.schema
    this.#item = knowledge.item
  }

  may(kinds: number): boolean {
    return (this.kinds & kinds) !== 0
  }

  /** The type of the items if it is a list. */
  get item(): StaticType {
    return this.#item?.() ?? anyType
  }

  /** The best known JSON Schema of the value as JSON; `{}` when nothing is known. */
  get schema(): JsonSchema {
    return this.#schema?.() ?? schemaOfKinds(this.kinds)
  }
}

const schemaOfKind = new Map<number, JsonSchema>([
  [kind.null, { type: 'null' }],
  [kind.bool, { type: 'boolean' }],
  [kind.int, { type: 'integer' }],
  [kind.uint, { type: 'integer', minimum: 0 }],
  [kind.double, { type: 'number' }],
  [kind.int | kind.double, { type: 'number' }],
  [numberKinds, { type: 'number' }],
  [kind.string, { type: 'string' }],
  [kind.bytes, { type: 'string', contentEncoding: 'base64' }],
  [kind.list, { type: 'array' }],
  [kind.map, { type: 'object' }],
  [kind.timestamp, { type: 'string', format: 'date-time' }],
  [kind.duration, { type: 'string' }],
  [kind.type, { type: 'string' }],
])

function schemaOfKinds(kinds: number): JsonSchema {
  return schemaOfKind.get(kinds) ?? {}
}

const simpleTypes = new Map<number, StaticType>()

/** The type of which only the kinds are known. */
export function typeOfKinds(kinds: number): StaticType {
  let type = simpleTypes.get(kinds)
  if (!type) {
    type = new StaticType(kinds)
    simpleTypes.set(kinds, type)
  }
  return type
}

/** A value about which nothing is known. */
export const anyType = new StaticType(allKinds)
/** A JSON value about which nothing more is known. */
export const jsonType = new StaticType(jsonKinds)

/** The list whose items are of the type. */
export function listType(item: StaticType): StaticType {
  return new StaticType(kind.list, {
    item: () => item,
    schema: () => (isEmptySchema(item.schema) ? { type: 'array' } : { type: 'array', items: item.schema }),
  })
}

/** The map with exactly these members. */
export function recordType(members: ReadonlyMap<string, StaticType>): StaticType {
  const names = [...members.keys()]
  return new StaticType(kind.map, {
    fields: { names, get: (name) => members.get(name), open: false, sealed: true },
    schema: () => ({
      type: 'object',
      properties: Object.fromEntries([...members].map(([name, type]) => [name, type.schema])),
      required: names,
      additionalProperties: false,
    }),
  })
}

/** The type of a value that is of one type or the other. */
export function unionType(left: StaticType, right: StaticType): StaticType {
  if (left === right || left.kinds === allKinds) return left
  if (right.kinds === allKinds) return right
  return new StaticType(left.kinds | right.kinds, {
    schema: () => unionSchema(left.schema, right.schema),
    item: () => {
      if (!left.may(kind.list)) return right.item
      return right.may(kind.list) ? unionType(left.item, right.item) : left.item
    },
    ...unionFields(left, right),
    constants: left.constants && right.constants && [...new Set([...left.constants, ...right.constants])],
  })
}

function unionFields(left: StaticType, right: StaticType): { fields?: Fields } {
  const [a, b] = [left, right].filter((type) => type.may(kind.map)).map((type) => type.fields ?? anyFields)
  if (!a || (a === anyFields && b === anyFields)) return {}
  if (!b) return { fields: a }
  return {
    fields: {
      names: [...new Set([...a.names, ...b.names])],
      get: (name) => {
        const known = [a, b].flatMap((fields) => fields.get(name) ?? (fields.open ? jsonType : []))
        return known.length > 0 && (a.names.includes(name) || b.names.includes(name))
          ? known.reduce(unionType)
          : undefined
      },
      open: a.open || b.open,
      sealed: a.sealed && b.sealed,
    },
  }
}

/** The type of a value that is of both types at once. */
export function intersectType(left: StaticType, right: StaticType, schema: () => JsonSchema): StaticType {
  const [a, b] = [left.fields, right.fields]
  const fields = a && b ? joinFields(a, b) : (a ?? b)
  return new StaticType(left.kinds & right.kinds || jsonKinds, {
    schema,
    item: () => (left.item === anyType ? right.item : left.item),
    ...(fields && { fields }),
    constants: left.constants ?? right.constants,
  })
}

function joinFields(a: Fields, b: Fields): Fields {
  const sealed = a.sealed || b.sealed
  return {
    names: [...new Set([...a.names, ...b.names])],
    get: (name) => a.get(name) ?? b.get(name),
    open: !sealed && (a.open || b.open),
    sealed,
  }
}

/** Members of a map about which nothing is known. */
const anyFields: Fields = { names: [], get: () => undefined, open: true, sealed: false }

function unionSchema(left: JsonSchema, right: JsonSchema): JsonSchema {
  if (isEmptySchema(left) || isEmptySchema(right)) return {}
  const alternatives = [...alternativesOf(left), ...alternativesOf(right)]
  const distinct = [...new Map(alternatives.map((schema) => [JSON.stringify(schema), schema])).values()]
  return distinct.length === 1 ? distinct[0]! : { anyOf: distinct }
}

function alternativesOf(schema: JsonSchema): readonly JsonSchema[] {
  const isPlainChoice = typeof schema === 'object' && Array.isArray(schema.anyOf) && Object.keys(schema).length === 1
  return isPlainChoice ? (schema.anyOf as JsonSchema[]) : [schema]
}

function isEmptySchema(schema: JsonSchema): boolean {
  return schema === true || (typeof schema === 'object' && Object.keys(schema).length === 0)
}

import type { JsonSchema } from '../base/json-schema.ts'
import type { Fields } from './static-type.ts'
import { intersectType, jsonType, StaticType, unionType } from './static-type.ts'
import { jsonKinds, kind, kindOf } from './value.ts'

type SchemaObject = { readonly [keyword: string]: unknown }

const kindOfType = new Map<unknown, number>([
  ['null', kind.null],
  ['boolean', kind.bool],
  // JSON has one kind of number, so an integer takes part in calculations as the double that it is.
  ['integer', kind.double],
  ['number', kind.double],
  ['string', kind.string],
  ['array', kind.list],
  ['object', kind.map],
])

const readers = new WeakMap<object, SchemaReader>()

/**
 * The static type of the values that a JSON Schema (draft 2020-12) describes. What the type can't hold is left open, so
 * it never claims more than the schema: unknown keywords, conditions and references out of the schema mean any value.
 */
export function typeOfSchema(schema: JsonSchema): StaticType {
  if (typeof schema !== 'object' || schema === null) return jsonType
  let reader = readers.get(schema)
  if (!reader) {
    reader = new SchemaReader(schema)
    readers.set(schema, reader)
  }
  return reader.typeOf(schema)
}

/** Reads the parts of one schema; the root is needed to follow references. */
class SchemaReader {
  readonly #root: SchemaObject
  readonly #types = new Map<object, StaticType>()

  constructor(root: SchemaObject) {
    this.#root = root
  }

  typeOf(schema: unknown): StaticType {
    if (typeof schema !== 'object' || schema === null) return jsonType
    const known = this.#types.get(schema)
    if (known) return known
    // A schema that leads back to itself on the same value says nothing about it.
    this.#types.set(schema, jsonType)
    const type = this.#read(schema as SchemaObject)
    this.#types.set(schema, type)
    return type
  }

  #read(schema: SchemaObject): StaticType {
    const standalone = () => this.#standalone(schema)
    let type = this.#readOwn(schema, standalone)
    const also = (other: StaticType) => {
      type = intersectType(type, other, standalone)
    }
    if (typeof schema.$ref === 'string') also(this.typeOf(this.#resolve(schema.$ref)))
    for (const part of listOf(schema.allOf)) also(this.typeOf(part))
    for (const choice of [listOf(schema.anyOf), listOf(schema.oneOf)]) {
      if (choice.length > 0) also(choice.map((part) => this.typeOf(part)).reduce(unionType))
    }
    return type
  }

  #readOwn(schema: SchemaObject, standalone: () => JsonSchema): StaticType {
    const constants =
      'const' in schema ? [schema.const] : Array.isArray(schema.enum) ? (schema.enum as unknown[]) : undefined
    const item = typeof schema.items === 'object' ? schema.items : undefined
    const fields = this.#fields(schema)
    return new StaticType(kindsOfSchema(schema, constants), {
      schema: standalone,
      ...(item && !Array.isArray(schema.prefixItems) && { item: () => this.typeOf(item) }),
      ...(fields && { fields }),
      constants,
    })
  }

  /**
   * A schema that lists properties is meant to list them all, unless it says that there are others: reading one that it
   * doesn't list is far more often a slip than a wish, although JSON Schema would allow it.
   */
  #fields(schema: SchemaObject): Fields | undefined {
    const properties = isRecord(schema.properties) ? schema.properties : {}
    const others = schema.additionalProperties
    const names = Object.keys(properties)
    const sealed = others === false && !isRecord(schema.patternProperties)
    const open = !sealed && this.#describesOthers(schema)
    if (names.length === 0 && !open && !sealed) return undefined
    return {
      names,
      get: (name) => {
        if (Object.hasOwn(properties, name)) return this.typeOf(properties[name])
        return isRecord(others) && !isRecord(schema.patternProperties) ? this.typeOf(others) : undefined
      },
      open,
      sealed,
    }
  }

  /** Whether a schema says that there are properties beyond those it lists, or says it where it can't be read from here. */
  #describesOthers(schema: SchemaObject): boolean {
    const { additionalProperties, unevaluatedProperties, patternProperties, dependentSchemas, $ref } = schema
    return (
      [additionalProperties, unevaluatedProperties].some((others) => others === true || isRecord(others)) ||
      isRecord(patternProperties) ||
      isRecord(dependentSchemas) ||
      'if' in schema ||
      '$dynamicRef' in schema ||
      (typeof $ref === 'string' && this.#resolve($ref) === undefined)
    )
  }

  /** Follows a JSON pointer into the root; anything else leads out of what is known. */
  #resolve(reference: string): unknown {
    if (reference === '#') return this.#root
    if (!reference.startsWith('#/')) return undefined
    let target: unknown = this.#root
    for (const token of decodeFragment(reference.slice(2)).split('/')) {
      const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
      if (typeof target !== 'object' || target === null || !Object.hasOwn(target, key)) return undefined
      target = (target as SchemaObject)[key]
    }
    return target
  }

  /** The part as a schema of its own: with the root's definitions where it refers to them. */
  #standalone(schema: SchemaObject): JsonSchema {
    if (schema === this.#root) return schema
    const references = referencesIn(schema)
    if (references.length === 0) return schema
    if (references.some((reference) => !/^#\/(\$defs|definitions)\//.test(reference))) return {}
    const { $defs, definitions } = this.#root
    return { ...schema, ...(isRecord($defs) && { $defs }), ...(isRecord(definitions) && { definitions }) }
  }
}

function kindsOfSchema(schema: SchemaObject, constants: readonly unknown[] | undefined): number {
  const types = Array.isArray(schema.type) ? schema.type : [schema.type]
  const declared = types.reduce((kinds: number, type) => kinds | (kindOfType.get(type) ?? 0), 0)
  if (declared !== 0) return declared
  if (constants) return constants.reduce((kinds: number, value) => kinds | kindOf(value), 0) || jsonKinds
  if (isRecord(schema.properties)) return kind.map
  return jsonKinds
}

function referencesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([key, value]) =>
    key === '$ref' && typeof value === 'string' ? [value] : referencesIn(value),
  )
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function isRecord(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

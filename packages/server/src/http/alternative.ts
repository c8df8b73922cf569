import type * as z from 'zod'
import { typeNames } from './fault-sentence.ts'

type Fields = ReadonlyMap<string, z.core.$ZodType>

interface Union {
  /** The field that tells the alternatives apart, where there is one. */
  discriminator?: string
  options: readonly z.core.$ZodType[]
}

/** What may stand at a path of what a schema is for; of alternatives all. */
export function schemasAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType[] {
  return path.reduce<z.core.$ZodType[]>((found, step) => found.flatMap((each) => inside(each, step)), [schema])
}

/** The choices at a path. */
export function unionsAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): Union[] {
  return schemasAt(schema, path).flatMap((each) => {
    const { def } = withoutWrapping(each)._zod
    return def.type === 'union' ? [def as z.core.$ZodUnionDef & Pick<Union, 'discriminator'>] : []
  })
}

/** The fields of all objects among schemas, those of alternatives too. */
export function fieldsOf(schemas: readonly z.core.$ZodType[]): Fields {
  const objects = schemas.flatMap(unwrapped).filter((one) => one._zod.def.type === 'object')
  return new Map(objects.flatMap((one) => Object.entries((one._zod.def as z.core.$ZodObjectDef).shape)))
}

/** What can stand at a path, in words: `an object with "a" or an object with "b"`. */
export function alternativesAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string {
  return [...new Set(schemasAt(schema, path).flatMap(unwrapped).flatMap(described))].join(' or ')
}

/** A schema without what makes it optional or gives it a default, and the alternatives of a choice one by one. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType[] {
  const bare = withoutWrapping(schema)
  const { def } = bare._zod
  return def.type === 'union' ? (def as z.core.$ZodUnionDef).options.flatMap(unwrapped) : [bare]
}

function withoutWrapping(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod
  return 'innerType' in def ? withoutWrapping(def.innerType as z.core.$ZodType) : schema
}

function inside(schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType[] {
  return unwrapped(schema).flatMap((one) => {
    const { def } = one._zod
    switch (def.type) {
      case 'object':
        return fieldsOf([one]).get(String(step)) ?? []
      case 'array':
        return [(def as z.core.$ZodArrayDef).element]
      case 'record':
        return [(def as z.core.$ZodRecordDef).valueType]
      default:
        return []
    }
  })
}

function described(schema: z.core.$ZodType): string[] {
  const { def, values } = schema._zod
  if (values) return [...values].map((value) => JSON.stringify(value) ?? String(value))
  if (def.type !== 'object') return [typeNames[def.type] ?? def.type]
  const required = Object.entries((def as z.core.$ZodObjectDef).shape).filter(([, { _zod }]) => !_zod.optin)
  const names = required.map(([name]) => `"${name}"`).join(' and ')
  return [names === '' ? 'an object' : `an object with ${names}`]
}

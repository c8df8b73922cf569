import type { Suggestions } from '@fairlead/core/base'
import type * as z from 'zod'
import { toPointer } from './json-body.ts'

type Fields = ReadonlyMap<string, z.core.$ZodType>

/** Which field was probably meant by one that the schema does not have at a path, as a question; undefined for none. */
export function knownField(
  schema: z.core.$ZodType,
  path: readonly PropertyKey[],
  key: string,
  suggestions: Suggestions,
): string | undefined {
  const fields = fieldsOf(
    path.reduce<z.core.$ZodType[]>((found, step) => found.flatMap((each) => inside(each, step)), [schema]),
  )
  // Who names a field of a part by its right name has left out the part.
  const owner = [...fields].find(([, field]) => fieldsOf([field]).has(key))
  if (owner) return `did you mean "${toPointer([...path, owner[0], key])}"?`
  const near = suggestions.nearest(key, fields.keys())
  return near === undefined ? undefined : `did you mean "${near}"?`
}

/** What may stand at one step into what a schema is for; of alternatives all. */
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

function fieldsOf(schemas: readonly z.core.$ZodType[]): Fields {
  const objects = schemas.flatMap(unwrapped).filter((one) => one._zod.def.type === 'object')
  return new Map(objects.flatMap((one) => Object.entries((one._zod.def as z.core.$ZodObjectDef).shape)))
}

/** A schema without what makes it optional or gives it a default, and the alternatives of a choice one by one. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType[] {
  const { def } = schema._zod
  if ('innerType' in def) return unwrapped(def.innerType as z.core.$ZodType)
  return def.type === 'union' ? (def as z.core.$ZodUnionDef).options.flatMap(unwrapped) : [schema]
}

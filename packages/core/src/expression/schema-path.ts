import type { JsonSchema } from '../base/json-schema.ts'
import { memberType } from './access.ts'
import { typeOfSchema } from './schema-type.ts'
import type { StaticType } from './static-type.ts'
import { jsonType } from './static-type.ts'
import { kind } from './value.ts'

/** Where a path of members leads to nothing. */
export interface MissingMember {
  /** The position in the path of the member that there can't be. */
  at: number
  /** The members that there are instead. */
  known: readonly string[]
}

/**
 * The first member of a template's path that no value of the schema has; null when the path may lead somewhere. Judges
 * members as expressions do, and takes a number for a list's position.
 */
export function missingMember(schema: JsonSchema, path: readonly string[]): MissingMember | null {
  let type = typeOfSchema(schema)
  for (const [at, member] of path.entries()) {
    const next = typeBehind(type, member)
    if (next === undefined) return { at, known: type.fields?.names ?? [] }
    type = next
  }
  return null
}

function typeBehind(type: StaticType, member: string): StaticType | undefined {
  if (!type.may(kind.list) || !/^\d+$/.test(member)) return memberType(type, member)
  return type.may(kind.map) ? jsonType : type.item
}

import type { Suggestions } from '@fairlead/core/base'
import type * as z from 'zod'
import { alternativesAt, fieldsOf, schemasAt, unionsAt } from './alternative.ts'
import { toPointer } from './json-body.ts'

/** What is wrong with a field that the schema does not have at a path, and which one was probably meant. */
export function unknownField(
  schema: z.core.$ZodType,
  path: readonly PropertyKey[],
  key: string,
  suggestions: Suggestions,
): string {
  const fields = fieldsOf(schemasAt(schema, path))
  if (fields.has(key)) return fieldOfAnother(schema, path, key)
  // Who names a field of a part by its right name has left out the part.
  const owner = [...fields].find(([, field]) => fieldsOf([field]).has(key))
  const near = owner
    ? toPointer([...path, owner[0], key])
    : (suggestions.nearest(key, fields.keys()) ?? longer(key, fields.keys()))
  return `is unknown: ${near === undefined ? `there is no field "${key}"${others([...fields.keys()])}` : `did you mean "${near}"?`}`
}

const mostNamed = 12

function others(fields: readonly string[]): string {
  if (fields.length === 0) return ''
  const named = fields.slice(0, mostNamed).map((field) => `"${field}"`)
  return `, only ${named.join(', ')}${fields.length > mostNamed ? ', …' : ''}`
}

/** The one field that is the same word among others, as `trafficWeight` is for `weight`. */
function longer(key: string, fields: Iterable<string>): string | undefined {
  if (key.length < 4) return undefined
  const word = key.toLowerCase()
  const having = [...fields].filter((field) => field.toLowerCase().includes(word))
  return having.length === 1 ? having[0] : undefined
}

/** A field that other alternatives have: which ones, by what tells them apart. */
function fieldOfAnother(schema: z.core.$ZodType, path: readonly PropertyKey[], key: string): string {
  for (let length = path.length; length >= 0; length--) {
    const [above, below] = [path.slice(0, length), path.slice(length)]
    for (const { discriminator, options } of unionsAt(schema, above)) {
      if (discriminator === undefined) continue
      const having = options.filter((option) => fieldsOf(schemasAt(option, below)).has(key))
      if (having.length === 0 || having.length === options.length) continue
      const values = having.flatMap((option) => [...(fieldsOf([option]).get(discriminator)?._zod.values ?? [])])
      const name = below.length === 0 ? `"${discriminator}"` : `"${toPointer([...above, discriminator])}"`
      return `is only for ${name} ${values.map((value) => JSON.stringify(value)).join(' or ')}`
    }
  }
  return `can't stand here: it must be ${alternativesAt(schema, path)}`
}

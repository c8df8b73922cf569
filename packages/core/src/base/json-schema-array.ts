import { canonicalJson } from './canonical-json.ts'
import type { Evaluated, Evaluation, SoundSchema } from './json-schema-evaluation.ts'
import { NotJson } from './json-schema-evaluation.ts'
import type { JsonSchema } from './json-schema-keyword.ts'

type Items = readonly unknown[]

/** What a list is held to, and its items, in the order in which it is reported. */
export function arrayFits(run: Evaluation, schema: SoundSchema, value: Items, evaluated?: Evaluated): boolean {
  const checks = [lengthFits, itemsFit, containsFits, restFits, uniqueFits]
  let fits = true
  for (const check of checks) {
    if (!check(run, schema, value, evaluated)) fits = false
    if (!fits && !run.isReporting) return false
  }
  return fits
}

function lengthFits(run: Evaluation, schema: SoundSchema, { length }: Items): boolean {
  const { minItems, maxItems } = schema as Record<string, number | undefined>
  if (maxItems !== undefined && length > maxItems) {
    return run.fault(() => `Array has too many items (${length} > ${maxItems}).`)
  }
  if (minItems === undefined || length >= minItems) return true
  return run.fault(() => `Array has too few items (${length} < ${minItems}).`)
}

function itemsFit(run: Evaluation, schema: SoundSchema, value: Items, evaluated?: Evaluated): boolean {
  const first = (schema.prefixItems ?? []) as readonly JsonSchema[]
  const others = schema.items as JsonSchema | undefined
  const length = others === undefined ? Math.min(first.length, value.length) : value.length
  let fits = true
  for (let index = 0; index < length; index++) {
    if (!run.fitsBelow(index, first[index] ?? others!, value[index])) fits = false
    if (!fits && !run.isReporting) return false
    evaluated?.add(index)
  }
  return fits
}

function containsFits(run: Evaluation, schema: SoundSchema, value: Items, evaluated?: Evaluated): boolean {
  if (schema.contains === undefined) return true
  const { minContains = 1, maxContains } = schema as Record<string, number | undefined>
  let contained = 0
  for (const [index, item] of value.entries()) {
    if (!run.tries(schema.contains as JsonSchema, item)) continue
    contained++
    evaluated?.add(index)
  }
  if (contained < minContains) {
    return run.fault(() =>
      schema.minContains === undefined
        ? 'Array does not contain item matching schema.'
        : `Array must contain at least ${minContains} items matching schema. Only ${contained} items were found.`,
    )
  }
  if (maxContains === undefined || contained <= maxContains) return true
  return run.fault(
    () => `Array may contain at most ${maxContains} items matching schema. ${contained} items were found.`,
  )
}

function restFits(run: Evaluation, schema: SoundSchema, value: Items, evaluated?: Evaluated): boolean {
  if (schema.unevaluatedItems === undefined) return true
  let fits = true
  for (const [index, item] of value.entries()) {
    run.spend(1)
    if (evaluated?.has(index)) continue
    if (!run.fitsBelow(index, schema.unevaluatedItems as JsonSchema, item)) fits = false
    evaluated?.add(index)
  }
  return fits
}

/** Equal values have the same canonical text, so each item is written once instead of compared with every other. */
function uniqueFits(run: Evaluation, schema: SoundSchema, value: Items): boolean {
  if (schema.uniqueItems !== true) return true
  const positions = new Map<string, number>()
  for (const [index, item] of value.entries()) {
    const text = textOf(run, item)
    const earlier = positions.get(text)
    if (earlier !== undefined) return run.fault(() => `Duplicate items at indexes ${earlier} and ${index}.`)
    positions.set(text, index)
  }
  return true
}

function textOf(run: Evaluation, item: unknown): string {
  spendParts(run, item)
  try {
    return canonicalJson(item)
  } catch {
    throw new NotJson()
  }
}

/** Spent before, since shared parts may make the text far longer than the value is large. */
function spendParts(run: Evaluation, value: unknown): void {
  run.spend(typeof value === 'string' ? 1 + (value.length >> 4) : 1)
  if (typeof value !== 'object' || value === null) return
  for (const [key, below] of Object.entries(value)) {
    run.spend(key.length >> 4)
    spendParts(run, below)
  }
}

import type { JsonFault } from './json-schema-fault.ts'
import type { KeywordShape } from './json-schema-keyword.ts'
import { escapePointer, keywordShapes, subschemas } from './json-schema-keyword.ts'
import { resolveReferences } from './json-schema-reference.ts'
import { LinearPattern } from './linear-pattern.ts'
import { BudgetSpent, StepBudget } from './step-budget.ts'
import { Suggestions } from './suggest.ts'

const types = new Set(['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'])
const maxDepth = 200
/** What compiling a pattern costs for each instruction of its program. */
const stepsPerInstruction = 5

/**
 * What keeps a value from being a JSON Schema of draft 2020-12; empty when it is one. Beyond the metaschema it finds
 * references that lead nowhere or round in a circle, and patterns that can't be matched in linear time (RE2's syntax:
 * no look-around, no back-references). A schema whose patterns take more work to compile than the budget has is refused.
 * Never throws.
 */
export function checkJsonSchema(schema: unknown, budget: StepBudget = new StepBudget()): JsonFault[] {
  try {
    return findSchemaFaults(schema, budget)
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error
    return [
      { pointer: '', message: `Its patterns take more than ${error.steps.toLocaleString('en')} steps to compile.` },
    ]
  }
}

/** As `checkJsonSchema`, but throws `BudgetSpent`. */
export function findSchemaFaults(schema: unknown, budget: StepBudget): JsonFault[] {
  const faults: JsonFault[] = []
  checkSchema(schema, '', 0, { faults, budget, suggestions: new Suggestions() })
  if (faults.length > 0 || typeof schema === 'boolean' || !hasReferences(schema as object)) return faults
  return resolveReferences(schema as object).faults
}

/** Most schemas refer to nothing, and need no resolving. */
function hasReferences(schema: object): boolean {
  if (Object.hasOwn(schema, '$ref') || Object.hasOwn(schema, '$id')) return true
  return subschemas(schema).some((below) => isRecord(below.schema) && hasReferences(below.schema))
}

interface Findings {
  faults: JsonFault[]
  budget: StepBudget
  suggestions: Suggestions
}

function checkSchema(schema: unknown, pointer: string, depth: number, findings: Findings): void {
  const { faults } = findings
  if (typeof schema === 'boolean') return
  if (!isRecord(schema)) {
    faults.push({ pointer, message: `A schema is an object or a boolean, not ${describe(schema)}.` })
    return
  }
  if (depth > maxDepth) {
    faults.push({ pointer, message: `Schemas may be nested at most ${maxDepth} deep.` })
    return
  }
  for (const [keyword, value] of Object.entries(schema)) {
    const shape = keywordShapes.get(keyword)
    if (!shape) continue
    for (const fault of checkShape(shape, keyword, value, findings)) {
      faults.push({ pointer: `${pointer}/${keyword}${fault.pointer}`, message: fault.message })
    }
  }
  for (const below of subschemas(schema)) checkSchema(below.schema, pointer + below.pointer, depth + 1, findings)
}

/** The faults of one keyword's value, apart from those inside the schemas it holds. */
function checkShape(shape: KeywordShape, keyword: string, value: unknown, findings: Findings): JsonFault[] {
  const { budget, suggestions } = findings
  const must = (holds: boolean, expected: string): JsonFault[] =>
    holds ? [] : [{ pointer: '', message: `"${keyword}" must be ${expected}, not ${describe(value)}.` }]
  switch (shape) {
    case 'schema':
      return Array.isArray(value) && keyword === 'items' ? must(false, 'one schema (a list is "prefixItems")') : []
    case 'schemas':
      return must(Array.isArray(value) && value.length > 0, 'a list of at least one schema')
    case 'schema map':
      return must(isRecord(value), 'an object of schemas')
    case 'pattern map':
      return isRecord(value)
        ? Object.keys(value).flatMap((pattern) => checkPattern(pattern, `/${escapePointer(pattern)}`, budget))
        : must(false, 'an object of schemas')
    case 'type':
      return checkType(value, suggestions)
    case 'names':
      return must(isNameList(value), 'a list of distinct strings')
    case 'name lists':
      return must(isRecord(value) && Object.values(value).every(isNameList), 'an object of lists of distinct strings')
    case 'count':
      return must(Number.isInteger(value) && (value as number) >= 0, 'a whole number from 0')
    case 'number':
      return must(Number.isFinite(value), 'a number')
    case 'positive number':
      return must(Number.isFinite(value) && (value as number) > 0, 'a number above 0')
    case 'boolean':
      return must(typeof value === 'boolean', 'true or false')
    case 'text':
      return must(typeof value === 'string', 'a string')
    case 'pattern':
      return typeof value === 'string' ? checkPattern(value, '', budget) : must(false, 'a string')
    case 'values':
      return must(Array.isArray(value), 'a list')
  }
}

function checkType(value: unknown, suggestions: Suggestions): JsonFault[] {
  const names: unknown[] = Array.isArray(value) ? value : [value]
  if (names.length === 0 || new Set(names).size < names.length) {
    return [{ pointer: '', message: '"type" must be a type or a list of distinct types.' }]
  }
  return names.flatMap((name, index) => {
    if (typeof name === 'string' && types.has(name)) return []
    const pointer = Array.isArray(value) ? `/${index}` : ''
    const near = typeof name === 'string' ? suggestions.nearest(name, types) : undefined
    const hint = near === undefined ? `There are ${[...types].join(', ')}.` : `Did you mean "${near}"?`
    return [{ pointer, message: `There is no type ${describe(name)}. ${hint}` }]
  })
}

function checkPattern(source: string, pointer: string, budget: StepBudget): JsonFault[] {
  const pattern = LinearPattern.compile(source)
  budget.spend(typeof pattern === 'string' ? 100 + source.length : 100 + pattern.size * stepsPerInstruction)
  if (typeof pattern !== 'string') return []
  return [{ pointer, message: `The pattern "${source.slice(0, 100)}" can't be used: ${pattern}. Patterns are RE2's.` }]
}

function isNameList(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string') && new Set(value).size === value.length
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = typeof value === 'bigint' || typeof value === 'function' ? typeof value : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

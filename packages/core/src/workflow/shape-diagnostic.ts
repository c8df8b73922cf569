import type * as z from 'zod'
import { Suggestions } from '../base/index.ts'
import type { Place } from './diagnostic.ts'
import { errorAt, jsonPointer, listed, shown } from './diagnostic.ts'
import type { Diagnostic } from './document-schema.ts'
import type { PlainJsonFault } from './plain-json.ts'

type Issue = z.core.$ZodIssue

const expectations: Record<string, string> = {
  form: 'a JSON Schema: an object, true or false',
  outputSchema: 'a JSON Schema: an object, true or false',
  schema: 'a JSON Schema: an object, true or false',
  inputs: 'a JSON Schema: an object, true or false',
  ref: 'one of {"label": …}, {"branch": …} and {"version": …}',
  onDue: '{"choice": …} or "fail"',
}

const kinds: Record<string, string> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
}

/** Why a value is no plain JSON, as a diagnostic. */
export function plainJsonDiagnostic(fault: PlainJsonFault): Diagnostic {
  const place = { nodeId: null, path: fault.path }
  const where = fault.path.length === 0 ? 'The workflow' : `The value at ${shown(jsonPointer(fault.path))}`
  switch (fault.reason) {
    case 'forbidden_key':
      return errorAt(place, 'forbidden_key', `The key "${fault.found}" is not allowed.`, 'Rename or remove the key.')
    case 'too_deep':
      return errorAt(place, 'too_deep', `${where} nests ${fault.found}.`, 'Flatten it; a value may not contain itself.')
    case 'too_large':
      return errorAt(place, 'too_large', `The workflow holds ${fault.found}.`, 'Split it into smaller workflows.')
    case 'not_json':
      return errorAt(place, 'not_json', `${where} is ${fault.found}, which JSON can't hold.`, 'Use plain JSON data.')
  }
}

/** The keys that an object of the document may have, given the path to it; empty where that is not fixed. */
export type KeysAt = (document: unknown, path: readonly (string | number)[]) => string[]

/** What the schema found, in our words and with the node it belongs to. */
export function shapeDiagnostics(document: unknown, issues: readonly Issue[], keysAt: KeysAt): Diagnostic[] {
  const suggestions = new Suggestions()
  const meant = new Set<string>()
  const found: Diagnostic[] = []
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue
    for (const key of issue.keys) {
      const path = [...(issue.path as (string | number)[])]
      const known = keysAt(document, path)
      const near = suggestions.nearest(key, known) ?? longerName(key, known)
      if (near !== undefined) meant.add(jsonPointer([...path, near]))
      const hint = near === undefined ? suggestions.hint(key, () => known) : `Did you mean "${near}"?`
      found.push(unknownKey(placeOf(document, [...path, key]), key, hint))
    }
  }
  for (const issue of issues) {
    const path = issue.path as (string | number)[]
    // A misspelt key was reported by its near miss already.
    if (issue.code === 'unrecognized_keys' || meant.has(jsonPointer(path))) continue
    found.push(shapeDiagnostic(document, issue, placeOf(document, path), suggestions))
  }
  return found
}

function unknownKey(place: Place, key: string, near: string): Diagnostic {
  const hint = `${near} Unknown keys are allowed inside JSON Schemas only.`
  return errorAt(place, 'unknown_key', `There is no key "${key}" here.`, hint.trim())
}

/** The one key that ends or begins with the words given, as `attempts` for `maxAttempts`. */
function longerName(key: string, known: readonly string[]): string | undefined {
  const given = key.toLowerCase()
  const longer = known
    .map((name) => name.toLowerCase())
    .filter((name) => name.startsWith(given) || name.endsWith(given))
  return given.length >= 4 && longer.length === 1 ? known.find((name) => name.toLowerCase() === longer[0]) : undefined
}

function shapeDiagnostic(document: unknown, issue: Issue, place: Place, suggestions: Suggestions): Diagnostic {
  const value = valueAt(document, place.path)
  const key = String(place.path.at(-1) ?? '')
  if (key === 'type' && place.path.length === 3) return unknownNodeType(place, value, suggestions)
  if (key === 'formatVersion' && value !== undefined) {
    const message = `The format version is ${shown(value)}, but this is format 1.`
    return errorAt(place, 'unsupported_format', message, 'Set "formatVersion" to 1, or update Fairlead.')
  }
  const expected = expectation(issue, place.path)
  if (key === 'maxIterations') {
    const message = value === undefined ? 'The loop has no "maxIterations".' : `"maxIterations" is ${shown(value)}.`
    return errorAt(
      place,
      'invalid_max_iterations',
      message,
      'Give the most passes the loop may make: a whole number from 1.',
    )
  }
  if (value === undefined) {
    return errorAt(place, 'missing_key', `The key "${key}" is missing.`, `Add "${key}": ${expected}.`)
  }
  const what = place.path.length === 0 ? 'A workflow' : `"${key}"`
  if (issue.code === 'invalid_value' || issue.code === 'too_small' || issue.code === 'invalid_union') {
    const near =
      typeof value === 'string' && issue.code === 'invalid_value'
        ? suggestions.nearest(value, issue.values.map(String))
        : undefined
    const hint = near === undefined ? `Expected is ${expected}.` : `Did you mean "${near}"? Expected is ${expected}.`
    return errorAt(place, 'invalid_value', `${what} is ${shown(value)}.`, hint)
  }
  return errorAt(
    place,
    'wrong_type',
    `${what} is ${shown(value)}, which is not ${expected}.`,
    `Expected is ${expected}.`,
  )
}

function unknownNodeType(place: Place, value: unknown, suggestions: Suggestions): Diagnostic {
  const types = ['prompt', 'condition', 'loop', 'parallel', 'human', 'tool']
  const message = value === undefined ? 'The node has no "type".' : `There is no node type ${shown(value)}.`
  const hint = suggestions.hint(typeof value === 'string' ? value : '', () => types)
  return errorAt(place, 'unknown_node_type', message, hint || `There are ${listed(types, types.length)}.`)
}

function expectation(issue: Issue, path: readonly (string | number)[]): string {
  const key = String(path.at(-1) ?? '')
  if (issue.code === 'invalid_value')
    return issue.values.length === 1 ? shown(issue.values[0]) : `one of ${listed(issue.values.map(String), 9)}`
  if (issue.code === 'invalid_type') return kinds[issue.expected] ?? issue.expected
  if (issue.code === 'too_small')
    return issue.origin === 'string' ? 'a string that is not empty' : `at least ${issue.minimum}`
  if (issue.code === 'invalid_union' && issue.discriminator === 'mode') return 'one of "branches" and "map"'
  return expectations[key] ?? expectations[String(path.at(-2) ?? '')] ?? 'another value'
}

/** The node that a path leads into: its own, or the source of its edge. */
function placeOf(document: unknown, path: readonly (string | number)[]): Place {
  const owner = valueAt(document, path.slice(0, 2))
  const key = path[0] === 'nodes' ? 'id' : path[0] === 'edges' ? 'source' : null
  const nodeId = key === null || path.length < 2 ? undefined : valueAt(owner, [key])
  return { nodeId: typeof nodeId === 'string' ? nodeId : null, path }
}

/** The value that a path leads to, or undefined. */
export function valueAt(document: unknown, path: readonly (string | number)[]): unknown {
  let value = document
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined
    value = (value as Record<string | number, unknown>)[segment]
  }
  return value
}

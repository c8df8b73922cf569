import { add, divide, multiply, remainder, subtract } from './calculate.ts'
import type { TargetingRule } from './rule.ts'
import type { Keyed } from './value.ts'
import { equal, isBefore, isMap, keysOf, normalizeKey, readItem, readMember } from './value.ts'

/** What an evaluation goes by. */
interface Scope {
  readonly attributes: Keyed
  /** Passes through comprehensions that are left. */
  passes: number
  /** The current item of each comprehension around, 0 the outermost. */
  [depth: number]: unknown
}

/** Gives the value of a node, undefined when it has none. */
type Evaluation = (scope: Scope) => unknown

const mostPasses = 50_000

/** Whether a rule holds for a unit's attributes. */
export type Targeting = (attributes: Readonly<Record<string, unknown>>) => boolean

const prepared = new WeakMap<readonly TargetingRule[], Targeting>()

/** `prepareRule`, with a rule that is taken apart once, when it is first read, and must not be changed afterwards. */
export function matchesRule(rule: TargetingRule, attributes: Readonly<Record<string, unknown>>): boolean {
  if (!Array.isArray(rule)) return rule === true
  let matches = prepared.get(rule)
  if (!matches) {
    matches = prepareRule(rule)
    prepared.set(rule, matches)
  }
  return matches(attributes)
}

/**
 * Makes of a rule what says whether it holds for a unit's attributes, given as JSON. Wherever the rule has no value (an
 * attribute is missing or of another kind than the rule takes it for), it does not hold; `&&` and `||` have one when one
 * side settles it, as in CEL. Never throws, whatever rule and attributes are.
 */
export function prepareRule(rule: TargetingRule): Targeting {
  let evaluation: Evaluation
  return (attributes) => {
    try {
      evaluation ??= prepare(rule)
      return evaluation({ attributes, passes: mostPasses }) === true
    } catch {
      // Too many passes, values nested too deeply, attributes that are no data.
      return false
    }
  }
}

function prepare(node: TargetingRule | undefined): Evaluation {
  if (!Array.isArray(node)) return () => node
  const [operator, left, right] = node
  switch (operator) {
    case 'attribute':
      return ({ attributes }) => readMember(attributes, left)
    case 'item':
      return (scope) => scope[left as number]
    case 'int':
      return () => BigInt(left as string)
    case 'value':
      return () => left
    case 'list':
      return listOf(node.slice(1).map(prepare))
    case 'map':
      return mapOf(node.slice(1).map(prepare))
    case 'all':
    case 'exists':
    case 'exists_one':
    case 'filter':
      return comprehension(node)
    case '&&':
    case '||':
      return junction(operator === '||', prepare(left), prepare(right))
    case '?:':
      return choice(prepare(left), prepare(right), prepare(node[3]))
    default:
      return operation(operator as string, prepare(left), prepare(right ?? null))
  }
}

function operation(operator: string, left: Evaluation, right: Evaluation): Evaluation {
  const find = operations[operator] ?? (() => undefined)
  return (scope) => {
    const a = left(scope)
    const b = right(scope)
    return a === undefined || b === undefined ? undefined : find(a, b)
  }
}

function hasMember(a: unknown, b: unknown): boolean | undefined {
  return isMap(a) ? readMember(a, b) !== undefined : undefined
}

function memberOf(a: unknown, b: unknown): unknown {
  return isMap(a) ? readMember(a, b) : undefined
}

/** What is found from one value or two: most operators, and functions. */
const operations: Readonly<Record<string, (left: unknown, right: unknown) => unknown>> = {
  '!': (a) => (typeof a === 'boolean' ? !a : undefined),
  size: sizeOf,
  lowerAscii: ofLetters(/[A-Z]+/g, 'toLowerCase'),
  upperAscii: ofLetters(/[a-z]+/g, 'toUpperCase'),
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': remainder,
  '.': memberOf,
  has: hasMember,
  '==': equal,
  '<': isBefore,
  '<=': (a, b) => isBefore(a, b, true),
  in(a, b) {
    if (!Array.isArray(b)) return hasMember(b, a)
    // A text equals nothing but itself.
    return typeof a === 'string' ? b.includes(a) : b.some((item) => equal(item, a))
  },
  '[]': (a, b) => (Array.isArray(a) ? readItem(a, b) : memberOf(a, b)),
  startsWith: ofTexts('startsWith'),
  endsWith: ofTexts('endsWith'),
  contains: ofTexts('includes'),
}

/** One side that settles the outcome does so whatever the other one is. */
function junction(settling: boolean, left: Evaluation, right: Evaluation): Evaluation {
  return (scope) => {
    const a = left(scope)
    if (a === settling) return settling
    const b = right(scope)
    return b === settling || (b === !settling && a === b) ? b : undefined
  }
}

function choice(condition: Evaluation, whenTrue: Evaluation, whenFalse: Evaluation): Evaluation {
  return (scope) => {
    const chosen = condition(scope)
    return typeof chosen === 'boolean' ? (chosen ? whenTrue : whenFalse)(scope) : undefined
  }
}

function listOf(nodes: readonly Evaluation[]): Evaluation {
  return (scope) => {
    const items = nodes.map((node) => node(scope))
    return items.includes(undefined) ? undefined : items
  }
}

/** Of keys and values turn about. */
function mapOf(nodes: readonly Evaluation[]): Evaluation {
  return (scope) => {
    const map = new Map<unknown, unknown>()
    for (let index = 0; index < nodes.length; index += 2) {
      const key = normalizeKey(nodes[index]!(scope))
      const value = nodes[index + 1]?.(scope)
      if (key === undefined || value === undefined || map.has(key)) return undefined
      map.set(key, value)
    }
    return map
  }
}

function ofTexts(method: 'startsWith' | 'endsWith' | 'includes') {
  return (a: unknown, b: unknown) => (typeof a === 'string' && typeof b === 'string' ? a[method](b) : undefined)
}

function ofLetters(some: RegExp, method: 'toLowerCase' | 'toUpperCase') {
  return (a: unknown) => (typeof a === 'string' ? a.replace(some, (letters) => letters[method]()) : undefined)
}

function sizeOf(value: unknown): bigint | undefined {
  const items = typeof value === 'string' ? [...value] : itemsOf(value)
  return items && BigInt(items.length)
}

/** Of a list its items, of a map its keys. */
function itemsOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : isMap(value) ? keysOf(value) : undefined
}

/** `exists` is settled by true, `all` by false; an item without an outcome counts only where no other one settles it. */
function comprehension([operator, container, depth, condition]: readonly TargetingRule[]): Evaluation {
  const among = prepare(container)
  const outcomeOf = prepare(condition)
  const settling = operator === 'exists' || (operator === 'all' ? false : undefined)
  return (scope) => {
    const items = itemsOf(among(scope))
    if (!items) return undefined
    const selected: unknown[] = []
    let isComplete = true
    for (const item of items) {
      // Too many, and the whole rule does not hold.
      if (scope.passes-- <= 0) throw new RangeError()
      scope[depth as number] = item
      const outcome = outcomeOf(scope)
      if (outcome === settling) return settling
      if (typeof outcome !== 'boolean') isComplete = false
      else if (outcome) selected.push(item)
    }
    if (!isComplete) return undefined
    if (settling !== undefined) return !settling
    return operator === 'filter' ? selected : selected.length === 1
  }
}

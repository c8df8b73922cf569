import { calculate } from './calculate.ts'
import type { TargetingRule } from './rule.ts'
import type { Keyed } from './value.ts'
import { equal, isBefore, isMap, keysOf, normalizeKey, readItem, readMember } from './value.ts'

/** What an evaluation goes by. */
interface Scope {
  readonly attributes: Keyed
  /** The current item of each comprehension around, outermost first. */
  readonly items: unknown[]
  /** Passes through comprehensions that are left. */
  passes: number
}

const mostPasses = 50_000

/**
 * Whether a rule holds for a unit's attributes, given as JSON. Wherever the rule has no value (an attribute is missing or of
 * another kind than the rule takes it for), it does not hold; `&&` and `||` have one when one side settles it, as in CEL.
 * Never throws, whatever rule and attributes are.
 */
export function matchesRule(rule: TargetingRule, attributes: Readonly<Record<string, unknown>>): boolean {
  try {
    return evaluate(rule, { attributes, items: [], passes: mostPasses }) === true
  } catch {
    // Too many passes, values nested too deeply, attributes that are no data.
    return false
  }
}

/** The value of a node, undefined when it has none. */
function evaluate(node: TargetingRule | undefined, scope: Scope): unknown {
  if (!Array.isArray(node)) return node
  // By index: taking a list apart by a pattern goes through its iterator.
  const operator = node[0]
  const left = node[1]
  const right = node[2]
  switch (operator) {
    case 'attribute':
      return readMember(scope.attributes, left)
    case 'item':
      return scope.items[left as number]
    case 'int':
      return BigInt(left as string)
    case 'value':
      return left
    case '&&':
    case '||':
      return junction(operator === '||', left, right, scope)
    case '!':
      return negate(evaluate(left, scope))
    case '?:':
      return choose(evaluate(left, scope), right, node[3], scope)
    case 'list':
      return evaluateList(node, scope)
    case 'map':
      return evaluateMap(node, scope)
    case 'all':
    case 'exists':
      return quantify(operator === 'exists', node, scope)
    case 'exists_one':
      return isSingle(select(node, scope))
    case 'filter':
      return select(node, scope)
    default:
      return apply(operator as string, evaluate(left, scope), evaluate(right, scope))
  }
}

/** What is found from values alone: most operators, and functions. */
function apply(operator: string, a: unknown, b: unknown): unknown {
  if (a === undefined) return undefined
  switch (operator) {
    case '.':
      return isMap(a) ? readMember(a, b) : undefined
    case 'has':
      return isMap(a) ? readMember(a, b) !== undefined : undefined
    case 'size':
      return sizeOf(a)
    case 'neg':
      return typeof a === 'number' ? -a : calculate('-', 0n, a)
    case 'lowerAscii':
      return typeof a === 'string' ? a.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : undefined
    case 'upperAscii':
      return typeof a === 'string' ? a.replace(/[a-z]+/g, (letters) => letters.toUpperCase()) : undefined
  }
  if (b === undefined) return undefined
  switch (operator) {
    case '==':
      return equal(a, b)
    case '!=':
      return !equal(a, b)
    case '<':
      return isBefore(a, b)
    case '>':
      return isBefore(b, a)
    case '<=':
      return isBefore(a, b, true)
    case '>=':
      return isBefore(b, a, true)
    case 'in':
      if (Array.isArray(b)) return b.some((item) => equal(item, a))
      return isMap(b) ? readMember(b, a) !== undefined : undefined
    case '[]':
      if (Array.isArray(a)) return readItem(a, b)
      return isMap(a) ? readMember(a, b) : undefined
    case 'startsWith':
    case 'endsWith':
      return typeof a === 'string' && typeof b === 'string' ? a[operator](b) : undefined
    case 'contains':
      return typeof a === 'string' && typeof b === 'string' ? a.includes(b) : undefined
    default:
      return calculate(operator, a, b)
  }
}

/** One side that settles the outcome does so whatever the other one is. */
function junction(settling: boolean, left: TargetingRule | undefined, right: TargetingRule | undefined, scope: Scope) {
  const a = evaluate(left, scope)
  if (a === settling) return settling
  const b = evaluate(right, scope)
  if (b === settling) return settling
  return typeof a === 'boolean' && typeof b === 'boolean' ? !settling : undefined
}

function negate(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? !value : undefined
}

function choose(
  condition: unknown,
  whenTrue: TargetingRule | undefined,
  whenFalse: TargetingRule | undefined,
  scope: Scope,
) {
  return typeof condition === 'boolean' ? evaluate(condition ? whenTrue : whenFalse, scope) : undefined
}

function evaluateList(node: readonly TargetingRule[], scope: Scope): unknown[] | undefined {
  const items = node.slice(1).map((item) => evaluate(item, scope))
  return items.includes(undefined) ? undefined : items
}

function evaluateMap(node: readonly TargetingRule[], scope: Scope): Map<unknown, unknown> | undefined {
  const map = new Map<unknown, unknown>()
  for (let index = 1; index < node.length; index += 2) {
    const key = normalizeKey(evaluate(node[index], scope))
    const value = evaluate(node[index + 1], scope)
    if (key === undefined || value === undefined || map.has(key)) return undefined
    map.set(key, value)
  }
  return map
}

function sizeOf(value: unknown): bigint | undefined {
  if (typeof value === 'string') return BigInt([...value].length)
  if (Array.isArray(value)) return BigInt(value.length)
  return isMap(value) ? BigInt(keysOf(value).length) : undefined
}

/** What a condition gives for each item of a list or key of a map, until `visit` returns false; false when there are none. */
function forEachItem(
  node: readonly TargetingRule[],
  scope: Scope,
  visit: (outcome: unknown, item: unknown) => boolean,
): boolean {
  const [, container, depth, condition] = node
  const among = evaluate(container, scope)
  const items = Array.isArray(among) ? among : isMap(among) ? keysOf(among) : undefined
  items?.every((item) => {
    if (scope.passes-- <= 0) throw new RangeError('too many passes')
    scope.items[depth as number] = item
    return visit(evaluate(condition, scope), item)
  })
  return items !== undefined
}

/** `exists` is settled by true, `all` by false; an item without an outcome counts only where no other one settles it. */
function quantify(settling: boolean, node: readonly TargetingRule[], scope: Scope): boolean | undefined {
  let outcome: boolean | undefined = !settling
  const isRange = forEachItem(node, scope, (value) => {
    if (value === settling) outcome = settling
    else if (typeof value !== 'boolean') outcome = undefined
    return value !== settling
  })
  return isRange ? outcome : undefined
}

function isSingle(items: readonly unknown[] | undefined): boolean | undefined {
  return items && items.length === 1
}

function select(node: readonly TargetingRule[], scope: Scope): unknown[] | undefined {
  const selected: unknown[] = []
  let isComplete = true
  const isRange = forEachItem(node, scope, (value, item) => {
    if (value === true) selected.push(item)
    isComplete = typeof value === 'boolean'
    return isComplete
  })
  return isRange && isComplete ? selected : undefined
}

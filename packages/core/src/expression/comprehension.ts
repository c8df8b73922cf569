import type { Code, CompileContext } from './code.ts'
import { Fault } from './fault.ts'
import type { Frame } from './frame.ts'
import { expressionLimits } from './limit.ts'
import { attempt, compileCondition, notBool } from './logic.ts'
import type { MapValue } from './map.ts'
import { keysOf } from './map.ts'
import type { StaticType } from './static-type.ts'
import { anyType, listType, typeOfKinds } from './static-type.ts'
import type { Syntax } from './syntax.ts'
import { countNodes, variableName } from './syntax.ts'
import { describeKinds, kind, kindOf } from './value.ts'

type CallNode = Syntax & { op: 'rcall' }

const bool = typeOfKinds(kind.bool)
/** A body of this many nodes costs one step per pass, a larger one accordingly more. */
const nodesPerStep = 8

/** The comprehensions of CEL, by name: those of `list.all(item, condition)` and its like. */
export const comprehensions: ReadonlyMap<string, { arguments: readonly number[]; example: string }> = new Map([
  ['all', { arguments: [2], example: 'items.all(item, item.ok)' }],
  ['exists', { arguments: [2], example: 'items.exists(item, item.ok)' }],
  ['exists_one', { arguments: [2], example: 'items.exists_one(item, item.ok)' }],
  ['filter', { arguments: [2], example: 'items.filter(item, item.ok)' }],
  ['map', { arguments: [2, 3], example: 'items.map(item, item.name)' }],
])

/** `items.filter(item, condition)` and its like; over a map it goes through the keys. */
export function compileComprehension(context: CompileContext, node: CallNode): Code {
  const [name, targetNode, [variable, ...bodies]] = node.args
  const known = comprehensions.get(name)
  if (!known?.arguments.includes(bodies.length + 1) || variable?.op !== 'id') {
    return context.fail(
      node,
      'expression.type',
      `${name}() takes a name for the item and what to do with it.`,
      `Such as: ${known?.example}`,
    )
  }
  if (context.comprehensions >= expressionLimits.comprehensionDepth) {
    const message = `Comprehensions may be nested ${expressionLimits.comprehensionDepth} deep.`
    return context.fail(node, 'expression.limit', message, 'Compute the inner list in a node of its own before.')
  }
  const target = context.compile(targetNode)
  if (!target.type.may(kind.list | kind.map)) {
    const message = `${name}() goes through a list or a map, and "${context.text(targetNode)}" is ${describeKinds(target.type.kinds)}.`
    return context.fail(targetNode, 'expression.type', message)
  }
  const cost = 1 + Math.floor(bodies.reduce((nodes, body) => nodes + countNodes(body), 0) / nodesPerStep)
  return context.inScope(variableName(variable, context.source), itemType(target.type), (slot) => {
    const range: Range = { items: itemsOf(context, targetNode, target.run, name), slot, cost }
    return compileBodies(context, name, bodies, range, target.type)
  })
}

/** What a comprehension goes through. */
interface Range {
  items: (frame: Frame) => readonly unknown[]
  slot: number
  /** Steps per pass. */
  cost: number
}

function itemType(target: StaticType): StaticType {
  if (!target.may(kind.map)) return target.item
  return target.may(kind.list) ? anyType : typeOfKinds(kind.string | kind.int | kind.uint | kind.double | kind.bool)
}

function itemsOf(context: CompileContext, node: Syntax, run: Code['run'], name: string): Range['items'] {
  return (frame) => {
    const target = run(frame)
    if (Array.isArray(target)) return target
    const found = kindOf(target)
    if (found !== kind.map) {
      const message = `${name}() goes through a list or a map, and "${context.text(node)}" is ${describeKinds(found)}.`
      throw new Fault(message, '', node)
    }
    const keys = keysOf(target as MapValue)
    frame.spend(keys.length)
    return keys
  }
}

function compileBodies(
  context: CompileContext,
  name: string,
  bodies: readonly Syntax[],
  range: Range,
  target: StaticType,
): Code {
  const [first, second] = bodies as [Syntax, Syntax?]
  if (name === 'map' && !second) {
    const transform = context.compile(first)
    return { type: listType(transform.type), run: runMap(range, undefined, transform.run) }
  }
  const condition = runCondition(compileCondition(context, first, `The condition of ${name}()`).run, first, name)
  switch (name) {
    case 'all':
      return { type: bool, run: runQuantifier(range, condition, false) }
    case 'exists':
      return { type: bool, run: runQuantifier(range, condition, true) }
    case 'exists_one':
      return { type: bool, run: runExistsOne(range, condition) }
    case 'filter': {
      const item = target.may(kind.map) ? itemType(target) : target.item
      return { type: listType(item), run: runMap(range, condition, (frame) => frame.locals[range.slot]) }
    }
    default: {
      const transform = context.compile(second!)
      return { type: listType(transform.type), run: runMap(range, condition, transform.run) }
    }
  }
}

function runCondition(run: Code['run'], node: Syntax, name: string): (frame: Frame) => boolean {
  return (frame) => {
    const value = run(frame)
    if (typeof value === 'boolean') return value
    throw notBool(node, `The condition of ${name}()`, value)
  }
}

/** Runs `visit` with each item in its slot, until it returns false. */
function forEachItem(range: Range, frame: Frame, visit: () => boolean): void {
  const items = range.items(frame)
  if (range.slot === 0) frame.locals = []
  for (let index = 0; index < items.length; index++) {
    frame.spend(range.cost)
    frame.locals[range.slot] = items[index]
    if (!visit()) return
  }
}

/** `all` (settled by false) and `exists` (settled by true); a failure counts only where no other item settles it. */
function runQuantifier(range: Range, condition: (frame: Frame) => boolean, settling: boolean): Code['run'] {
  return (frame) => {
    let outcome: unknown = !settling
    forEachItem(range, frame, () => {
      const value = attempt(condition, frame)
      if (value === settling) outcome = settling
      else if (value instanceof Fault && outcome === !settling) outcome = value
      return value !== settling
    })
    if (outcome instanceof Fault) throw outcome
    return outcome
  }
}

function runExistsOne(range: Range, condition: (frame: Frame) => boolean): Code['run'] {
  return (frame) => {
    let count = 0
    forEachItem(range, frame, () => {
      if (condition(frame)) count++
      return true
    })
    return count === 1
  }
}

function runMap(range: Range, condition: ((frame: Frame) => boolean) | undefined, transform: Code['run']): Code['run'] {
  return (frame) => {
    const result: unknown[] = []
    forEachItem(range, frame, () => {
      if (!condition || condition(frame)) result.push(transform(frame))
      return true
    })
    return result
  }
}

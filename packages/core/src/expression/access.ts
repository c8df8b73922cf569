import type { Code, CompileContext, Place } from './code.ts'
import { Fault } from './fault.ts'
import type { MapValue } from './map.ts'
import { readMember, readOwn } from './map.ts'
import type { StaticType } from './static-type.ts'
import { anyType, typeOfKinds, unionType } from './static-type.ts'
import type { Syntax } from './syntax.ts'
import { describeKinds, kind, kindOf, numberKinds, plainNumber } from './value.ts'

type MemberNode = Syntax & { op: '.' }
type IndexNode = Syntax & { op: '[]' }

/** A declared variable: an own member of the values. */
export function compileVariable(node: Place, name: string, type: StaticType): Code {
  return {
    type,
    run: (frame) => {
      const value = readOwn(frame.values, name)
      if (value !== undefined) return value
      throw new Fault(`The variable "${name}" has no value.`, 'Give it one before this is evaluated.', node)
    },
  }
}

/** `object.name` */
export function compileMember(context: CompileContext, node: MemberNode): Code {
  const object = context.compileObject(node.args[0])
  const name = node.args[1]
  const type = memberType(object.type, name)
  if (!type) return unknownMember(context, node, object.type, name)
  return { type, run: runMember(context, node, object, name) }
}

function runMember(context: CompileContext, node: MemberNode | IndexNode, object: Code, name: string): Code['run'] {
  const runObject = object.run
  return (frame) => {
    const map = runObject(frame)
    if (kindOf(map) === kind.map) {
      const value = readMember(map as MapValue, name)
      if (value !== undefined) return value
    }
    throw missingMember(context, node, map, name)
  }
}

function missingMember(context: CompileContext, node: MemberNode | IndexNode, map: unknown, name: string): Fault {
  const object = context.text(node.args[0])
  const found = kindOf(map)
  if (found !== kind.map) {
    const hint = found === kind.null ? `Test it before: ${object} != null && …` : ''
    return new Fault(`"${object}" is ${article(found)}, which has no "${name}".`, hint, node)
  }
  return new Fault(
    `"${object}" has no "${name}".`,
    `Test it before: has(${object}.${name}) ? ${object}.${name} : …`,
    node,
  )
}

function article(found: number): string {
  const name = describeKinds(found)
  return found === kind.null || found === kind.bytes ? name : `a ${name}`
}

/** The type of a member, undefined when there can't be one. */
export function memberType(object: StaticType, name: string): StaticType | undefined {
  if (!object.may(kind.map)) return undefined
  const fields = object.fields
  if (!fields) return anyType
  return fields.get(name) ?? (fields.open ? anyType : undefined)
}

function unknownMember(context: CompileContext, node: MemberNode | IndexNode, object: StaticType, name: string): Code {
  const text = context.text(node.args[0])
  if (!object.may(kind.map)) {
    const hint = object.may(kind.list)
      ? `Its items are reached by position, ${text}[0], or by ${text}.map(item, …).`
      : ''
    return context.fail(node, 'expression.type', `"${text}" is ${article(object.kinds)}, which has no members.`, hint)
  }
  const hint = context.suggestions.hint(name, () => object.fields?.names ?? [], {
    whenNone: 'Its schema lists no properties.',
  })
  return context.fail(
    { start: node.pos, end: node.end },
    'expression.unknown_property',
    `"${text}" has no property "${name}".`,
    hint,
  )
}

/** `has(object.name)` */
export function compileHas(context: CompileContext, node: Syntax & { op: 'call' }): Code {
  const [target] = node.args[1]
  if (target?.op !== '.' || node.args[1].length !== 1) {
    return context.fail(
      node,
      'expression.type',
      'has() takes one member, such as has(order.total).',
      'A variable always has a value.',
    )
  }
  context.note(target)
  const object = context.compileObject(target.args[0])
  const name = target.args[1]
  if (!memberType(object.type, name)) return unknownMember(context, target, object.type, name)
  return {
    type: typeOfKinds(kind.bool),
    run: (frame) => {
      const map = object.run(frame)
      if (kindOf(map) === kind.map) return readMember(map as MapValue, name) !== undefined
      throw missingMember(context, target, map, name)
    },
  }
}

/** `list[position]` and `map[key]` */
export function compileIndex(context: CompileContext, node: IndexNode): Code {
  const [objectNode, indexNode] = node.args
  if (indexNode.op === 'value' && typeof indexNode.args === 'string') return compileNamed(context, node, indexNode.args)
  const object = context.compile(objectNode)
  const index = context.compile(indexNode)
  const type = indexedType(object.type, index.type)
  if (!type) return context.fail(indexNode, 'expression.type', ...wrongIndex(context, node, object.type, index.type))
  return {
    type,
    run: (frame) => {
      const container = object.run(frame)
      const key = index.run(frame)
      const value = Array.isArray(container) ? readItem(container, key) : readKey(container, key)
      if (value !== undefined) return value
      throw missingItem(context, node, container, key)
    },
  }
}

/** `map['name']` is `map.name`. */
function compileNamed(context: CompileContext, node: IndexNode, name: string): Code {
  const object = context.compileObject(node.args[0])
  const type = memberType(object.type, name)
  if (!type) return unknownMember(context, node, object.type, name)
  return { type, run: runMember(context, node, object, name) }
}

function indexedType(object: StaticType, index: StaticType): StaticType | undefined {
  const isList = object.may(kind.list) && index.may(numberKinds)
  const isMap = object.may(kind.map) && index.may(numberKinds | kind.string | kind.bool)
  if (isList && isMap) return anyType
  if (isList) return object.item
  if (!isMap) return undefined
  const fields = object.fields
  if (!fields || fields.open || fields.names.length === 0) return anyType
  return fields.names.map((name) => fields.get(name) ?? anyType).reduce(unionType)
}

function wrongIndex(context: CompileContext, node: IndexNode, object: StaticType, index: StaticType): [string, string] {
  const text = context.text(node.args[0])
  if (!object.may(kind.list | kind.map)) return [`"${text}" is ${article(object.kinds)}, which has no items.`, '']
  const wanted = object.may(kind.list) ? 'number' : 'string'
  return [`The items of "${text}" are reached by a ${wanted}, not by ${article(index.kinds)}.`, '']
}

function readItem(list: readonly unknown[], position: unknown): unknown {
  const index = Number(plainNumber(position))
  if (!(kindOf(position) & numberKinds) || !Number.isInteger(index)) return undefined
  const value = index >= 0 ? list[index] : undefined
  return typeof value === 'function' || typeof value === 'symbol' ? undefined : value
}

function readKey(map: unknown, key: unknown): unknown {
  return kindOf(map) === kind.map ? readMember(map as MapValue, key) : undefined
}

function missingItem(context: CompileContext, node: IndexNode, container: unknown, key: unknown): Fault {
  const text = context.text(node.args[0])
  const found = kindOf(container)
  if (found !== kind.list && found !== kind.map)
    return new Fault(`"${text}" is ${article(found)}, which has no items.`, '', node)
  const keyKind = kindOf(key)
  if (found === kind.map) {
    const shown = keyKind === kind.string ? `"${String(key).slice(0, 60)}"` : context.text(node.args[1])
    return new Fault(`"${text}" has no ${shown}.`, `Test it before: key in ${text}.`, node)
  }
  if (!(keyKind & numberKinds)) return new Fault(`The items of "${text}" are reached by a whole number.`, '', node)
  const size = (container as unknown[]).length
  const hint = `Positions count from 0; test size(${text}) before.`
  return new Fault(`"${text}" has ${size} items and none at ${plainNumber(key)}.`, hint, node)
}

import type { Code, CompileContext } from './code.ts'
import { Fault } from './fault.ts'
import { normalizeKey } from './map.ts'
import { listType, recordType, StaticType, typeOfKinds, unionType } from './static-type.ts'
import type { Syntax } from './syntax.ts'
import { kind, kindOf, Uint } from './value.ts'

const maxInt = 2n ** 63n - 1n
const maxUint = 2n ** 64n - 1n

/** A number, a text, bytes, true, false or null. */
export function compileLiteral(context: CompileContext, node: Syntax & { op: 'value' }): Code {
  const literal = node.args
  // The parser's own class for unsigned integers; bytes are the only other object.
  const isUint = typeof literal === 'object' && literal !== null && !(literal instanceof Uint8Array)
  if (literal instanceof Uint8Array) return compileBytes(context, node, literal)
  const value = isUint ? new Uint(BigInt(String(literal))) : literal
  if (typeof value === 'bigint' && value > maxInt) return context.fail(node, 'expression.type', ...outOfRange(literal))
  if (value instanceof Uint && value.value > maxUint)
    return context.fail(node, 'expression.type', ...outOfRange(literal))
  return constant(value)
}

/** The parser cuts characters beyond ASCII down to one byte; CEL wants their UTF-8. */
function compileBytes(context: CompileContext, node: Syntax, literal: Uint8Array): Code {
  const text = context.source.slice(node.start, node.end)
  if (/^[\x20-\x7e\s]*$/.test(text)) return constant(literal)
  if (!text.includes('\\')) return constant(new TextEncoder().encode(text.replace(/^[bB]("""|'''|"|')(.*)\1$/s, '$2')))
  const hint = "Write the characters as escapes, or all of it as bytes('…')."
  return context.fail(node, 'expression.syntax', 'Bytes are written either with escapes or beyond ASCII.', hint)
}

function outOfRange(literal: unknown): [string, string] {
  return [`The whole number ${literal} does not fit into 64 bits.`, `Write it as a decimal number: ${literal}.0`]
}

/** Code for a value that is known now. */
export function constant(value: unknown): Code {
  const kinds = kindOf(value)
  const isJson = value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number'
  const json = typeof value === 'bigint' ? Number(value) : value
  const plain = typeOfKinds(kinds)
  const schema = () => ({ ...(plain.schema as object), const: json })
  const type = isJson || typeof value === 'bigint' ? new StaticType(kinds, { constants: [json], schema }) : plain
  return { type, run: () => value }
}

/** `[a, b]` */
export function compileList(context: CompileContext, node: Syntax & { op: 'list' }): Code {
  const items = node.args.map((item) => context.compile(item))
  const runs = items.map((item) => item.run)
  const type = items.length === 0 ? typeOfKinds(kind.list) : listType(items.map((item) => item.type).reduce(unionType))
  return {
    type,
    run: (frame) => {
      frame.spend(1 + (runs.length >> 2))
      return runs.map((run) => run(frame))
    },
  }
}

/** `{'key': value}` */
export function compileMap(context: CompileContext, node: Syntax & { op: 'map' }): Code {
  const entries = node.args.map(([keyNode, valueNode]) => ({
    keyNode,
    key: context.compile(keyNode),
    value: context.compile(valueNode),
  }))
  const keyKinds = kind.bool | kind.int | kind.uint | kind.double | kind.string
  const wrong = entries.find(({ key }) => !key.type.may(keyKinds))
  if (wrong) return context.fail(wrong.keyNode, 'expression.type', 'A key is a text, a whole number or a bool.')
  const members = new Map<unknown, Code['type']>()
  for (const { value, keyNode } of entries) {
    if (keyNode.op !== 'value') continue
    const name = keyNode.args
    if (members.has(name))
      return context.fail(keyNode, 'expression.type', `The key ${context.text(keyNode)} is given twice.`)
    members.set(name, value.type)
  }
  const isRecord = entries.every(({ keyNode }) => keyNode.op === 'value' && typeof keyNode.args === 'string')
  return {
    type: isRecord ? recordType(members as Map<string, Code['type']>) : typeOfKinds(kind.map),
    run: (frame) => {
      frame.spend(1 + entries.length)
      const map = new Map<unknown, unknown>()
      for (const { key, value, keyNode } of entries) {
        const found = key.run(frame)
        const isKey = (kindOf(found) & keyKinds) !== 0 && (typeof found !== 'number' || Number.isInteger(found))
        if (!isKey) throw new Fault('A key is a text, a whole number or a bool.', '', keyNode)
        const normal = normalizeKey(found)
        if (map.has(normal)) throw new Fault(`The key ${context.text(keyNode)} is given twice.`, '', keyNode)
        map.set(normal, value.run(frame))
      }
      return map
    },
  }
}

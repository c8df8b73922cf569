import { canonicalJson } from '../../base/index.ts'
import type { PromptContent, PromptMessage } from '../document-schema.ts'
import { changesOf } from '../merge/region.ts'
import { messagesOf } from '../variables.ts'
import type { DiffOptions } from './diff-lines.ts'
import { defaultMaxWork, diffLines } from './diff-lines.ts'
import type { EditScript } from './edit.ts'
import { markedChanges } from './marks.ts'
import { numberStrings } from './number-pieces.ts'

/**
 * One thing that differs between two versions. `path` is a JSON pointer into the later one, or, to what was removed, into
 * the earlier one; a text counts as one message of the user, at `/text`.
 */
export type PromptChange =
  /** A message's text, line by line. */
  | { kind: 'text'; change: 'changed'; path: string; before: string; after: string; script: EditScript }
  | { kind: 'message'; change: 'added' | 'removed'; path: string; message: PromptMessage }
  /** A declared variable, a reference, the model, one of its parameters, or a part of the output schema. */
  | {
      kind: 'variable' | 'reference' | 'model' | 'parameter' | 'schema'
      change: 'added' | 'removed' | 'changed'
      path: string
      before: unknown
      after: unknown
    }
  | { kind: 'tool'; change: 'added' | 'removed'; path: string; tool: string }

const mostMessageWork = 1_000_000

/** What changed from one version of a prompt to another, each thing for itself, texts first, which share `maxWork`. */
export function diffPrompt(
  before: PromptContent,
  after: PromptContent,
  { maxWork = defaultMaxWork }: DiffOptions = {},
): PromptChange[] {
  return [
    ...diffMessages(before, after, maxWork),
    ...diffMembers('variable', ['variables'], before.variables, after.variables),
    ...diffMembers('reference', ['references'], before.references, after.references),
    ...diffMembers('model', ['model'], before.model && { id: before.model.id }, after.model && { id: after.model.id }),
    ...diffMembers('parameter', ['model', 'parameters'], before.model?.parameters, after.model?.parameters),
    ...diffSchema(['outputSchema'], before.outputSchema, after.outputSchema),
    ...diffTools(before.tools ?? [], after.tools ?? []),
  ]
}

function diffMessages(before: PromptContent, after: PromptContent, maxWork: number): PromptChange[] {
  const [earlier, later] = [messagesOf(before), messagesOf(after)]
  const textPath = (index: number) => (after.messages ? `/messages/${index}/content` : '/text')
  const key = ({ role, content }: PromptMessage) => `${role}\n${content}`
  const { numbers, count } = numberStrings(earlier.map(key), later.map(key))
  const marks = markedChanges({ before: numbers[0]!, after: numbers[1]!, symbols: count }, mostMessageWork)
  const changes: PromptChange[] = []
  for (const { from, to, start, end } of changesOf(marks)) {
    // What stands in the same place in the same role is the same message, said otherwise.
    const paired = pairs(earlier.slice(from, to), later.slice(start, end))
    for (const [one, other] of paired) {
      const [old, fresh] = [earlier[from + one]!, later[start + other]!]
      const texts = { before: old.content, after: fresh.content }
      const script = diffLines(texts.before, texts.after, { maxWork: maxWork / later.length })
      changes.push({ kind: 'text', change: 'changed', path: textPath(start + other), ...texts, script })
    }
    const known = { before: new Set(paired.map(([one]) => one)), after: new Set(paired.map(([, other]) => other)) }
    for (let at = from; at < to; at++) {
      if (known.before.has(at - from)) continue
      changes.push({ kind: 'message', change: 'removed', path: `/messages/${at}`, message: earlier[at]! })
    }
    for (let at = start; at < end; at++) {
      if (known.after.has(at - start)) continue
      changes.push({ kind: 'message', change: 'added', path: `/messages/${at}`, message: later[at]! })
    }
  }
  return changes
}

/** Positions of messages of one role, in order. */
function pairs(before: readonly PromptMessage[], after: readonly PromptMessage[]): [number, number][] {
  const found: [number, number][] = []
  let from = 0
  for (const [at, { role }] of before.entries()) {
    const other = after.findIndex((message, index) => index >= from && message.role === role)
    if (other < 0) continue
    found.push([at, other])
    from = other + 1
  }
  return found
}

type Members = Readonly<Record<string, unknown>>
type ValueKind = 'variable' | 'reference' | 'model' | 'parameter' | 'schema'

function diffMembers(kind: ValueKind, path: string[], before: Members = {}, after: Members = {}): PromptChange[] {
  return keysOf(before, after).flatMap((key) => diffValue(kind, [...path, key], own(before, key), own(after, key)))
}

/** Into objects on both sides, down to what differs. */
function diffSchema(path: string[], before: unknown, after: unknown): PromptChange[] {
  if (!isObject(before) || !isObject(after)) return diffValue('schema', path, before, after)
  return keysOf(before, after).flatMap((key) => diffSchema([...path, key], own(before, key), own(after, key)))
}

function diffValue(kind: ValueKind, path: string[], before: unknown, after: unknown): PromptChange[] {
  if (isSame(before, after)) return []
  const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
  return [{ kind, change, path: pointer(path), before: before ?? null, after: after ?? null }]
}

function diffTools(before: readonly string[], after: readonly string[]): PromptChange[] {
  const only = (tools: readonly string[], others: readonly string[], change: 'added' | 'removed') => {
    const known = new Set(others)
    return tools.flatMap((tool, index): PromptChange[] =>
      known.has(tool) ? [] : [{ kind: 'tool', change, path: `/tools/${index}`, tool }],
    )
  }
  return [...only(before, after, 'removed'), ...only(after, before, 'added')]
}

function keysOf(before: Members, after: Members): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
}

function own(members: Members, key: string): unknown {
  return Object.hasOwn(members, key) ? members[key] : undefined
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b
  return a === b || canonicalJson(a) === canonicalJson(b)
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function pointer(path: readonly string[]): string {
  return path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

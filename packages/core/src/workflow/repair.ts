import type * as z from 'zod'
import { Suggestions } from '../base/index.ts'
import { jsonPointer } from './diagnostic.ts'
import type { Workflow } from './document-schema.ts'
import { valueAt } from './shape-diagnostic.ts'

type Path = (string | number)[]
type Record_ = Record<string | number, unknown>
type Parsed = { success: true; data: Workflow } | { success: false; error: { issues: z.core.$ZodIssue[] } }

/** A workflow of valid shape made from a faulty one, only so that the rest of it can be judged. */
export interface RepairedWorkflow {
  workflow: Workflow
  /** JSON pointers to what was changed: nothing that is found there or below is the author's doing. */
  touched: readonly string[]
  /** Nodes of which too little could be read to judge them or what comes after them. */
  opaque: ReadonlySet<string>
}

/** What a required key gets when it is missing or of the wrong type. Each is accepted by the rules or `touched`. */
const neutral: Record_ = {
  formatVersion: 1,
  name: '?',
  label: '',
  x: 0,
  y: 0,
  position: { x: 0, y: 0 },
  id: '?',
  source: '?',
  target: '?',
  promptId: '',
  modelId: '',
  toolId: '',
  message: '',
  inputMapping: {},
  outputVariable: '',
  expression: 'true',
  condition: 'loop.index < 1',
  maxIterations: 1,
  items: '[]',
  itemVariable: 'item',
  result: 'null',
  schema: true,
}

/** What may be left out when it can't be read. */
const optional = new Set(
  'description ref outputSchema onLimit concurrency onItemError form choices assignees dueInSeconds onDue retry timeoutMs onError sourceHandle reducer trueTarget falseTarget'.split(
    ' ',
  ),
)

/**
 * Replaces what the schema refuses by something neutral, so that one misshapen node does not hide the faults of all
 * others. Answers null when inputs, variables, nodes or edges as a whole are unreadable. `document` is changed.
 */
export function repairWorkflow(document: unknown, parse: (document: unknown) => Parsed): RepairedWorkflow | null {
  const touched = new Set<string>()
  const opaque = new Set<string>()
  const repair: Repair = { document, edgesFrom: edgesBySource(document), touched, opaque }
  // A repaired discriminator lets the schema look further inside, so issues may come in several rounds.
  for (let round = 0; round < 4; round++) {
    const parsed = parse(document)
    if (parsed.success) return { workflow: parsed.data, touched: [...touched], opaque }
    for (const issue of parsed.error.issues) {
      const path = issue.path as Path
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) remove(document, [...path, key], touched)
      } else if (!repairAt(repair, path)) return null
    }
  }
  return null
}

interface Repair {
  document: unknown
  edgesFrom: EdgesFrom
  touched: Set<string>
  opaque: Set<string>
}

function repairAt(repair: Repair, path: Path): boolean {
  const { document, touched } = repair
  const key = path.at(-1)
  if (
    key === undefined ||
    (path.length === 1 && ['inputs', 'variables', 'outputs', 'nodes', 'edges'].includes(String(key)))
  ) {
    return false
  }
  if (path[0] === 'inputs') return replace(document, path, true, touched)
  if (path[0] === 'outputs') return replace(document, path, 'null', touched)
  const meant = likelyChoice(repair, path)
  if (meant !== null) return replace(document, path, meant, touched)
  const leftOut = path.findIndex((segment) => optional.has(String(segment)))
  if (leftOut > 0) return remove(document, path.slice(0, leftOut + 1), touched)
  if (path[0] === 'nodes') return repairNode(repair, path)
  if (path[0] === 'variables' && path.length === 2) return replace(document, path, { schema: true }, touched)
  if (path[0] === 'edges' && path.length === 2) {
    return replace(document, path, { id: '?', source: '?', target: '?' }, touched)
  }
  return Object.hasOwn(neutral, key) && replace(document, path, neutral[key], touched)
}

function repairNode(repair: Repair, path: Path): boolean {
  const { document, touched, opaque } = repair
  const nodePath = path.slice(0, 2)
  const node = valueAt(document, nodePath)
  const inside = path.slice(2).join('.')
  if (inside === 'type') {
    const type = guessType(node as Record_)
    if (type !== null) return replace(document, path, type, touched)
  } else if (inside === 'data.config.mode') {
    const config = valueAt(document, path.slice(0, -1)) as Record_
    return replace(document, path, 'items' in config || 'itemVariable' in config ? 'map' : 'branches', touched)
  } else if (inside === 'data.config.bodyNodes') {
    return replace(document, path, bodyBehind(repair.edgesFrom, (node as Record_).id), touched)
  } else if (/^data\.config\.bodyNodes\./.test(inside)) {
    return replace(document, path, '?', touched)
  } else if (/^data\.config\.inputMapping\./.test(inside)) {
    return replace(document, path, 'null', touched)
  } else if (inside !== '' && inside !== 'data' && inside !== 'data.config' && Object.hasOwn(neutral, path.at(-1)!)) {
    return replace(document, path, neutral[path.at(-1)!], touched)
  }
  const id = valueAt(node, ['id'])
  const readableId = typeof id === 'string' ? id : `?${path[1]}`
  opaque.add(readableId)
  return replace(document, nodePath, opaqueNode(readableId), touched)
}

/** What was probably chosen where leaving the choice out would change what the rest of the document means. */
function likelyChoice({ document, edgesFrom }: Repair, path: Path): string | null {
  const inside = path.slice(2).join('.')
  if (path[0] === 'variables' && inside === 'reducer') {
    const type = valueAt(document, ['variables', path[1]!, 'schema', 'type'])
    return type === 'array' ? 'append' : type === 'number' || type === 'integer' ? 'sum' : 'merge'
  }
  if (path[0] !== 'nodes' || inside !== 'data.onError') return null
  const id = valueAt(document, ['nodes', path[1]!, 'id'])
  return edgesFrom(id).some((edge) => edge.sourceHandle === 'error') ? 'route' : null
}

function opaqueNode(id: string): unknown {
  const config = { toolId: '', inputMapping: {}, outputVariable: '' }
  return { id, type: 'tool', position: { x: 0, y: 0 }, data: { label: '', config } }
}

/** The type that a node was meant to have: by its spelling, else by what its config holds. */
function guessType(node: Record_): string | null {
  const near =
    typeof node.type === 'string'
      ? new Suggestions().nearest(node.type, ['prompt', 'condition', 'loop', 'parallel', 'human', 'tool'])
      : undefined
  const config = valueAt(node, ['data', 'config'])
  if (typeof config !== 'object' || config === null) return null
  const marks = {
    prompt: 'promptId',
    condition: 'expression',
    loop: 'maxIterations',
    parallel: 'mode',
    human: 'message',
    tool: 'toolId',
  }
  const marked = Object.entries(marks).find(([, mark]) => mark in config)?.[0]
  return marked ?? near ?? null
}

/** The nodes that a container's `body` edges lead to: most likely its body. */
function bodyBehind(edgesFrom: EdgesFrom, container: unknown): string[] {
  const body = new Set<string>()
  for (const edge of edgesFrom(container)) if (edge.sourceHandle === 'body') body.add(String(edge.target))
  for (const nodeId of body) {
    for (const edge of edgesFrom(nodeId)) if (edge.sourceHandle !== 'body') body.add(String(edge.target))
  }
  return [...body]
}

/** The edges that leave a node, as far as they can be read. */
type EdgesFrom = (source: unknown) => readonly Record_[]

function edgesBySource(document: unknown): EdgesFrom {
  const edges = valueAt(document, ['edges'])
  const bySource = new Map<unknown, Record_[]>()
  for (const edge of Array.isArray(edges) ? edges : []) {
    if (typeof edge !== 'object' || edge === null) continue
    const known = bySource.get(edge.source)
    if (known === undefined) bySource.set(edge.source, [edge])
    else known.push(edge)
  }
  return (source) => bySource.get(source) ?? []
}

function replace(document: unknown, path: Path, value: unknown, touched: Set<string>): boolean {
  const owner = valueAt(document, path.slice(0, -1))
  if (typeof owner !== 'object' || owner === null) return false
  ;(owner as Record_)[path.at(-1)!] = structuredClone(value)
  touched.add(jsonPointer(path))
  return true
}

function remove(document: unknown, path: Path, touched: Set<string>): boolean {
  const owner = valueAt(document, path.slice(0, -1))
  if (typeof owner !== 'object' || owner === null) return false
  delete (owner as Record_)[path.at(-1)!]
  touched.add(jsonPointer(path))
  return true
}

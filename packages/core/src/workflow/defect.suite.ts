// How the defects of defect-*.suite.ts are put into a valid workflow.

type Tree = Record<string, unknown>

/** Where a dotted path leads: items of lists by their id or position, `+` behind the last. */
function find(document: unknown, path: string): { owner: Tree; key: string } {
  const keys = path.split('.')
  let owner = document as Tree
  const keyIn = (at: Tree, key: string) => {
    if (!Array.isArray(at)) return key
    if (key === '+') return String(at.length)
    const index = at.findIndex((item: Tree) => item?.id === key)
    return index < 0 ? key : String(index)
  }
  for (const key of keys.slice(0, -1)) owner = owner[keyIn(owner, key)] as Tree
  return { owner, key: keyIn(owner, keys.at(-1)!) }
}

/** The document with values put at dotted paths; `undefined` takes the member or item away. */
export function broken(document: unknown, changes: Record<string, unknown>): unknown {
  const copy = structuredClone(document)
  for (const [path, value] of Object.entries(changes)) {
    const { owner, key } = find(copy, path)
    if (value !== undefined) owner[key] = value
    else if (Array.isArray(owner)) owner.splice(Number(key), 1)
    else delete owner[key]
  }
  return copy
}

export function pointerTo(document: unknown, path: string): string {
  const keys = path === '' ? [] : path.split('.')
  return keys
    .map((_, index) => `/${find(document, keys.slice(0, index + 1).join('.')).key.replaceAll('/', '~1')}`)
    .join('')
}

export const edge = (source: string, target: string, sourceHandle?: string, id = `${source}-${target}`) => ({
  id,
  source,
  ...(sourceHandle !== undefined && { sourceHandle }),
  target,
})

export const tool = (id: string, changes: Tree = {}) => ({
  id,
  type: 'tool',
  position: { x: 0, y: 0 },
  data: {
    label: id,
    config: { toolId: 'text.join', inputMapping: { parts: "['a']" }, outputVariable: 'notes', ...changes },
  },
})

/** What is broken, how, and every finding: its reason, its node and the path to the field. */
export type Case = [
  name: string,
  changes: Record<string, unknown>,
  ...found: [reason: string, nodeId: string | null, path: string][],
]

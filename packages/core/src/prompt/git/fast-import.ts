import { FairleadError } from '../../base/index.ts'
import type { Author } from '../commit.ts'
import type { PromptContent } from '../document-schema.ts'
import { encodeIdentity } from './identity.ts'
import { treeOf } from './prompt-tree.ts'

/** A version of a history that travels. `id` and `parents` are any names that are unique in it. */
export interface HistoryCommit {
  id: string
  parents: readonly string[]
  content: PromptContent
  author: Author
  committedAt: Date
  message: string
}

export interface HistoryRef {
  kind: 'branch' | 'tag' | 'label'
  name: string
  /** The `id` of a commit. */
  commit: string
}

const refPaths = { branch: 'refs/heads/', tag: 'refs/tags/', label: 'refs/fairlead/labels/' } as const
/** Keeps what no ref leads to. */
const keptPath = 'refs/fairlead/versions/'

/**
 * A prompt's history as a stream for `git fast-import`: the same graph, texts, messages, authors, times (UTC, whole
 * seconds) and refs. Labels come under `refs/fairlead/labels/`, and versions that no ref leads to are kept under
 * `refs/fairlead/versions/`. Commits come with their parents before them.
 */
export function writeFastImport(commits: readonly HistoryCommit[], refs: readonly HistoryRef[]): Uint8Array {
  const stream = new ByteStream()
  const marks = new Map<string, number>()
  stream.line('feature done')
  for (const commit of commits) {
    const mark = marks.size + 1
    writeCommit(stream, commit, mark, marks)
    marks.set(commit.id, mark)
  }
  const reachable = reach(commits, refs)
  const tips = tipsOf(commits.filter(({ id }) => !reachable.has(id)))
  for (const { kind, name, commit } of refs) writeRef(stream, `${refPaths[kind]}${name}`, commit, marks)
  for (const [index, id] of tips.entries()) writeRef(stream, `${keptPath}${index + 1}`, id, marks)
  // Commits were made on a ref of their own, which nobody needs any more.
  stream.line(`reset ${scratchRef}`)
  stream.line(`from ${'0'.repeat(40)}`)
  stream.line('')
  stream.line('done')
  return stream.bytes()
}

const scratchRef = 'refs/fairlead/import'

function writeCommit(
  stream: ByteStream,
  commit: HistoryCommit,
  mark: number,
  marks: ReadonlyMap<string, number>,
): void {
  const { parents, content, author, committedAt, message } = commit
  const seconds = Math.floor(committedAt.getTime() / 1000)
  const identity = `${encodeIdentity(author)} ${seconds} +0000`
  // Without this a commit without parents would go on from the one before.
  if (parents.length === 0) {
    stream.line(`reset ${scratchRef}`)
    stream.line('')
  }
  stream.line(`commit ${scratchRef}`)
  stream.line(`mark :${mark}`)
  stream.line(`author ${identity}`)
  stream.line(`committer ${identity}`)
  stream.data(message)
  for (const [index, parent] of parents.entries())
    stream.line(`${index === 0 ? 'from' : 'merge'} :${markOf(parent, marks)}`)
  stream.line('deleteall')
  for (const [path, text] of treeOf(content)) {
    stream.line(`M 100644 inline ${path}`)
    stream.data(text)
  }
  stream.line('')
}

function writeRef(stream: ByteStream, path: string, commit: string, marks: ReadonlyMap<string, number>): void {
  stream.line(`reset ${path}`)
  stream.line(`from :${markOf(commit, marks)}`)
  stream.line('')
}

function markOf(id: string, marks: ReadonlyMap<string, number>): number {
  const mark = marks.get(id)
  if (mark !== undefined) return mark
  throw new FairleadError(
    'prompt.broken_history',
    `The history lacks the commit "${id}", or has it behind one made from it.`,
  )
}

function reach(commits: readonly HistoryCommit[], refs: readonly HistoryRef[]): Set<string> {
  const parents = new Map(commits.map((commit) => [commit.id, commit.parents]))
  const found = new Set<string>()
  const open = refs.map(({ commit }) => commit)
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue
    found.add(id)
    open.push(...(parents.get(id) ?? []))
  }
  return found
}

/** The commits that none of the others was made from. */
function tipsOf(commits: readonly HistoryCommit[]): string[] {
  const behind = new Set(commits.flatMap(({ parents }) => parents))
  return commits.filter(({ id }) => !behind.has(id)).map(({ id }) => id)
}

class ByteStream {
  readonly #encoder = new TextEncoder()
  readonly #parts: Uint8Array[] = []
  #length = 0

  line(text: string): void {
    this.#add(this.#encoder.encode(`${text}\n`))
  }

  data(text: string): void {
    const bytes = this.#encoder.encode(text)
    this.line(`data ${bytes.length}`)
    this.#add(bytes)
    this.line('')
  }

  bytes(): Uint8Array {
    const whole = new Uint8Array(this.#length)
    let at = 0
    for (const part of this.#parts) {
      whole.set(part, at)
      at += part.length
    }
    return whole
  }

  #add(part: Uint8Array): void {
    this.#parts.push(part)
    this.#length += part.length
  }
}

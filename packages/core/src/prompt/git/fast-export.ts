import { FairleadError } from '../../base/index.ts'
import type { PromptContent } from '../document-schema.ts'
import type { HistoryCommit, HistoryRef } from './fast-import.ts'
import { historyOfFile } from './file-history.ts'
import { decodeIdentity } from './identity.ts'
import { contentOfTree, isPromptTree } from './prompt-tree.ts'

export interface ImportedHistory {
  /** Parents before the commits that were made from them; ids are those of the stream. */
  commits: HistoryCommit[]
  refs: HistoryRef[]
}

export interface ImportOptions {
  /**
   * Takes one file of any repository for the prompt's text, from the commits in which it changes; where it was removed
   * the text is empty. By default commits must be such as `writeFastImport` makes.
   */
  path?: string | undefined
}

/** What git said of one commit. */
interface RawCommit {
  ref: string
  mark: string
  /** Its hash in the repository, if the stream says so. */
  hash: string | undefined
  identity: string
  message: string
  parents: readonly string[]
  files: ReadonlyMap<string, string>
}

/**
 * Reads what `git fast-export --all --full-tree --reencode=yes` writes. Throws `prompt.unreadable_stream` for what is no
 * such stream or no UTF-8, `prompt.octopus_merge` for commits with more than two parents, `prompt.not_a_prompt_tree` with the
 * commit, and `prompt.file_not_found` for a path that no commit has.
 */
export function readFastExport(stream: Uint8Array, { path }: ImportOptions = {}): ImportedHistory {
  const { commits, refs } = new StreamReader(stream).read()
  for (const commit of commits) assertFewParents(commit)
  const said = path === undefined ? { commits, standIns: undefined } : historyOfFile(commits, path)
  const read = said.commits.map((commit) => toCommit(commit, path))
  const known = new Set(read.map(({ id }) => id))
  const named = [...refs].map(([name, commit]) => [name, said.standIns?.get(commit) ?? commit] as const)
  return { commits: read, refs: named.flatMap(([name, commit]) => refOf(name, commit, known)) }
}

function assertFewParents(commit: RawCommit): void {
  if (commit.parents.length <= 2) return
  throw new FairleadError(
    'prompt.octopus_merge',
    `The commit ${naming(commit)} has ${commit.parents.length} parents; a version has two at most. Merge branches one by one.`,
  )
}

function toCommit(commit: RawCommit, path: string | undefined): HistoryCommit {
  const { mark, identity, message, parents, files } = commit
  const isOurs = path === undefined
  const decoded = decodeIdentity(identity, { isOurs: isOurs && isPromptTree(files) })
  if (decoded === null) throw unreadable(`"${identity}" names no author and time`)
  const content: PromptContent = path === undefined ? contentOf(commit) : { text: files.get(path) ?? '' }
  return { id: mark, parents, content, author: decoded.author, committedAt: new Date(decoded.time * 1000), message }
}

function contentOf(commit: RawCommit): PromptContent {
  try {
    return contentOfTree(commit.files)
  } catch (cause) {
    if (!(cause instanceof FairleadError)) throw cause
    throw new FairleadError(cause.code, `The commit ${naming(commit)}: ${cause.message}`, { cause })
  }
}

function naming({ hash, message }: RawCommit): string {
  const subject = `"${message.split('\n')[0]}"`
  return hash === undefined ? subject : `${hash.slice(0, 12)} ${subject}`
}

const refKinds = [
  ['refs/heads/', 'branch'],
  ['refs/tags/', 'tag'],
  ['refs/fairlead/labels/', 'label'],
] as const

function refOf(ref: string, commit: string, known: ReadonlySet<string>): HistoryRef[] {
  if (!known.has(commit)) return []
  return refKinds.flatMap(([prefix, kind]) =>
    ref.startsWith(prefix) ? [{ kind, name: ref.slice(prefix.length), commit }] : [],
  )
}

class StreamReader {
  readonly #bytes: Uint8Array
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  read(): { commits: RawCommit[]; refs: Map<string, string> } {
    const blobs = new Map<string, Uint8Array>()
    const commits: RawCommit[] = []
    const refs = new Map<string, string>()
    for (let line = this.#line(); line !== null; line = this.#line()) {
      const [command = '', rest = ''] = split(line)
      if (command === 'blob') {
        const mark = this.#field('mark')
        this.#field('original-oid', true)
        blobs.set(mark ?? '', this.#data())
      } else if (command === 'commit') {
        const commit = this.#commit(rest, blobs)
        commits.push(commit)
        refs.set(rest, commit.mark)
      } else if (command === 'reset') {
        const from = this.#field('from', true)
        if (from !== undefined) refs.set(rest, from)
      } else if (command === 'tag') {
        // An annotated tag: what it says is not kept, where it points is.
        this.#field('mark', true)
        const from = this.#field('from')
        this.#field('original-oid', true)
        this.#field('tagger', true)
        this.#data()
        refs.set(`refs/tags/${rest}`, from ?? '')
      } else if (
        command !== 'feature' &&
        command !== 'option' &&
        command !== 'done' &&
        command !== 'progress' &&
        line !== ''
      ) {
        throw unreadable(`the command "${line.slice(0, 60)}" is unknown`)
      }
    }
    return { commits, refs }
  }

  #commit(ref: string, blobs: ReadonlyMap<string, Uint8Array>): RawCommit {
    const mark = this.#field('mark') ?? ''
    const hash = this.#field('original-oid', true)
    const author = this.#field('author', true)
    const committer = this.#field('committer') ?? ''
    this.#field('encoding', true)
    const message = this.#text(this.#data(), 'a commit message')
    const parents: string[] = []
    for (let parent = this.#field('from', true); parent !== undefined; parent = this.#field('merge', true))
      parents.push(parent)
    const files = new Map<string, string>()
    for (let line = this.#peek(); line !== null && /^(M|D|R|C|N) |^deleteall$/.test(line); line = this.#peek()) {
      this.#line()
      const [, mode, source, path] = /^M (\d+) (\S+) (.*)$/.exec(line) ?? []
      if (mode === undefined) {
        if (line !== 'deleteall') throw unreadable('only whole trees are taken: export with --full-tree')
        continue
      }
      // Links to other repositories and symbolic links are no files.
      const bytes = source === 'inline' ? this.#data() : blobs.get(source!)
      if (mode.startsWith('100') && bytes) files.set(unquote(path!), this.#text(bytes, `the file ${path}`))
    }
    return { ref, mark, hash, identity: author ?? committer, message, parents, files }
  }

  /** The line's rest, if the next line begins like this; else undefined, or, for what must be there, an error. */
  #field(name: string, isOptional = false): string | undefined {
    const line = this.#peek()
    if (line?.startsWith(`${name} `)) return this.#line()!.slice(name.length + 1)
    if (isOptional) return undefined
    throw unreadable(`"${name}" is missing before "${line?.slice(0, 60) ?? 'the end'}"`)
  }

  #data(): Uint8Array {
    const length = Number(this.#field('data'))
    if (!Number.isSafeInteger(length) || length < 0 || this.#at + length > this.#bytes.length)
      throw unreadable('data is cut off')
    const bytes = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    // A newline behind data is optional.
    if (this.#bytes[this.#at] === newline) this.#at++
    return bytes
  }

  #peek(): string | null {
    const at = this.#at
    const line = this.#line()
    this.#at = at
    return line
  }

  #line(): string | null {
    if (this.#at >= this.#bytes.length) return null
    const end = this.#bytes.indexOf(newline, this.#at)
    const line = this.#bytes.subarray(this.#at, end < 0 ? this.#bytes.length : end)
    this.#at = end < 0 ? this.#bytes.length : end + 1
    return this.#text(line, 'a line')
  }

  #text(bytes: Uint8Array, what: string): string {
    try {
      return this.#decoder.decode(bytes)
    } catch {
      throw unreadable(`${what} is no UTF-8`)
    }
  }
}

const newline = 10

function split(line: string): [string, string] {
  const space = line.indexOf(' ')
  return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)]
}

/** Git puts paths with unusual characters in quotes, as C does. */
function unquote(path: string): string {
  if (!path.startsWith('"')) return path
  const bytes: number[] = []
  const inner = path.slice(1, -1)
  for (let at = 0; at < inner.length; at++) {
    if (inner[at] !== '\\') {
      bytes.push(...new TextEncoder().encode(inner[at]))
      continue
    }
    const octal = /^[0-7]{3}/.exec(inner.slice(at + 1))?.[0]
    const simple: Record<string, number> = { n: 10, t: 9, '"': 34, '\\': 92, r: 13 }
    bytes.push(octal ? Number.parseInt(octal, 8) : (simple[inner[at + 1]!] ?? 63))
    at += octal ? 3 : 1
  }
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

function unreadable(reason: string): FairleadError {
  return new FairleadError(
    'prompt.unreadable_stream',
    `This is no stream of git fast-export that can be read: ${reason}.`,
  )
}

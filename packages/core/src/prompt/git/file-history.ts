import { FairleadError, Suggestions } from '../../base/index.ts'

/** A commit of any repository, with all its files. */
export interface FileCommit {
  mark: string
  parents: readonly string[]
  files: ReadonlyMap<string, string>
}

export interface FileHistory<Commit> {
  /** Parents are among them; a commit without the file that another was made from is one in which it was removed. */
  commits: Commit[]
  /** For each commit of the repository the one that says what the file is there; null before there is a file. */
  standIns: ReadonlyMap<string, string | null>
}

/**
 * The commits in which one file changes, and the merges where changes of it meet. Parents come before the commits that
 * were made from them. Throws `prompt.file_not_found` for a path that no commit has.
 */
export function historyOfFile<Commit extends FileCommit>(
  commits: readonly Commit[],
  path: string,
): FileHistory<Commit> {
  if (!commits.some(({ files }) => files.has(path))) throw fileNotFound(commits, path)
  const kept = new Map<string, Commit>()
  const standIns = new Map<string, string | null>()
  for (const commit of commits) {
    const parents = withoutAncestors(
      commit.parents.map((parent) => standIns.get(parent) ?? null).filter((parent) => parent !== null),
      kept,
    )
    const [first] = parents
    const before = first === undefined ? undefined : kept.get(first)!.files.get(path)
    if (parents.length < 2 && commit.files.get(path) === before) {
      standIns.set(commit.mark, first ?? null)
    } else {
      kept.set(commit.mark, { ...commit, parents })
      standIns.set(commit.mark, commit.mark)
    }
  }
  return { commits: [...kept.values()], standIns }
}

/** A side that brought nothing of its own to the file is none of a merge. */
function withoutAncestors(parents: readonly string[], known: ReadonlyMap<string, FileCommit>): string[] {
  const distinct = [...new Set(parents)]
  if (distinct.length < 2) return distinct
  return distinct.filter((one) => !distinct.some((other) => other !== one && comesFrom(other, one, known)))
}

function comesFrom(commit: string, ancestor: string, known: ReadonlyMap<string, FileCommit>): boolean {
  const seen = new Set<string>()
  const open = [commit]
  for (let mark = open.pop(); mark !== undefined; mark = open.pop()) {
    if (mark === ancestor) return true
    if (seen.has(mark)) continue
    seen.add(mark)
    open.push(...known.get(mark)!.parents)
  }
  return false
}

function fileNotFound(commits: readonly FileCommit[], path: string): FairleadError {
  const paths = new Set(commits.flatMap(({ files }) => [...files.keys()]))
  const nameOf = (each: string) => each.slice(each.lastIndexOf('/') + 1)
  const elsewhere = [...paths].find((each) => nameOf(each) === nameOf(path))
  const hint = elsewhere ? `Did you mean "${elsewhere}"?` : new Suggestions().hint(path, () => paths)
  return new FairleadError('prompt.file_not_found', `No commit has a file "${path}". ${hint}`.trim(), {
    data: { path },
  })
}

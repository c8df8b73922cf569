import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FairleadError } from '@fairlead/core/base'

/** The files of one prompt, by their paths in its folder. */
export type Tree = ReadonlyMap<string, string>

/** Lists what mirrors have written into their folder, as `key/path`: nothing else is ever changed or removed. */
const manifestName = '.fairlead-mirror.json'
const mirrored = /^(?!\.\.?\/)[^/\\]+\/(prompt\.(json|md)|messages\/\d+-(system|user|assistant)\.md)$/

/**
 * Makes a folder say what these trees say, one subfolder each. What an earlier mirror wrote and is in none of them is
 * removed. Throws `cli.usage`, with nothing changed, where a file or folder that no mirror wrote is in the way.
 */
export async function writeMirror(
  folder: string,
  trees: ReadonlyMap<string, Tree>,
): Promise<{ changed: number; removed: number }> {
  await mkdir(folder, { recursive: true })
  const written = await readManifest(folder)
  const own = new Set([...written].map(keyOf))
  for (const [key, tree] of trees) await assertFree(join(folder, key), tree, { key, own, written })
  const files = new Set([...trees].flatMap(([key, tree]) => [...tree.keys()].map((path) => `${key}/${path}`)))
  // Before anything else: were this to end half way, the next mirror would still know what is its own.
  await writeManifest(folder, new Set([...written, ...files]))
  let changed = 0
  for (const [key, tree] of trees) {
    const gone = [...written].filter((file) => keyOf(file) === key && !files.has(file))
    const isChanged = await writeTree(join(folder, key), tree)
    for (const file of gone) await removeFile(folder, file)
    if (isChanged || gone.length > 0) changed++
  }
  const removed = [...own].filter((key) => !trees.has(key))
  for (const file of written) if (!trees.has(keyOf(file))) await removeFile(folder, file)
  await writeManifest(folder, files)
  return { changed, removed: removed.length }
}

function keyOf(file: string): string {
  return file.slice(0, file.indexOf('/'))
}

/** True when something was changed. */
async function writeTree(folder: string, tree: Tree): Promise<boolean> {
  let changed = false
  for (const [path, text] of tree) {
    const file = join(folder, path)
    if ((await read(file)) === text) continue
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    changed = true
  }
  return changed
}

/** And the folders that it leaves empty. */
async function removeFile(folder: string, file: string): Promise<void> {
  await rm(join(folder, file), { force: true })
  for (let above = dirname(file); above !== '.'; above = dirname(above)) {
    const isGone = await rmdir(join(folder, above)).then(
      () => true,
      () => false,
    )
    if (!isGone) return
  }
}

async function assertFree(
  folder: string,
  tree: Tree,
  { key, own, written }: { key: string; own: ReadonlySet<string>; written: ReadonlySet<string> },
): Promise<void> {
  if (!own.has(key)) {
    const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? [] : ['']))
    if (entries.length > 0) throw inTheWay(folder)
  }
  for (const path of tree.keys()) {
    if (!written.has(`${key}/${path}`) && (await read(join(folder, path))) !== undefined)
      throw inTheWay(join(folder, path))
  }
}

function inTheWay(path: string): FairleadError {
  return new FairleadError(
    'cli.usage',
    `${path} is there already, and was written by no mirror: move it away, or mirror elsewhere.`,
  )
}

async function readManifest(folder: string): Promise<Set<string>> {
  const file = join(folder, manifestName)
  const text = await read(file)
  if (text === undefined) return new Set()
  try {
    const { files } = JSON.parse(text) as { files: unknown[] }
    // Somebody may have written into it: a path that leads elsewhere must not be removed.
    return new Set(files.filter((path) => typeof path === 'string').filter((path) => mirrored.test(path)))
  } catch (cause) {
    const message = `${file} can't be read, so that nobody knows what in ${folder} is the mirror's: restore it, or mirror elsewhere.`
    throw new FairleadError('cli.usage', message, { cause })
  }
}

/** In the order of their names, so that a repository that the folder is in sees no change where there is none. */
async function writeManifest(folder: string, files: ReadonlySet<string>): Promise<void> {
  const file = join(folder, manifestName)
  const text = `${JSON.stringify({ formatVersion: 1, files: [...files].sort() }, null, 2)}\n`
  if ((await read(file)) === text) return
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

async function read(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined)
}

import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FairleadError } from '@fairlead/core/base'
import { readFastExport, treeOf, writeFastImport } from '@fairlead/core/prompt'
import type { CommandLine } from './command.ts'
import { assertRepository, ensureRepository, forgetOwnRefs, git } from './git.ts'
import { required } from './keys.ts'
import { withControlPlane } from './offline.ts'
import { complain, say } from './output.ts'

const instead = 'Stop it first, or use its API: GET /prompts/:id/export and POST /prompts/import.'

/** A prompt's history as commits of a repository; what is there already is left as it is. */
export async function exportPrompt(line: CommandLine): Promise<number> {
  const [organization, prompt, folder] = [
    required(line, 'organization'),
    required(line, 'prompt'),
    required(line, 'git'),
  ]
  const history = await withControlPlane(line, instead, (controlPlane) =>
    controlPlane.exportPrompt(organization, prompt),
  )
  await ensureRepository(folder)
  await forgetOwnRefs(folder)
  await git(folder, ['fast-import', '--quiet'], writeFastImport(history.commits, history.refs))
  return say(`${history.commits.length} versions of "${prompt}" are in ${folder}.`)
}

/** The commits of a repository as versions: of one that was exported, or of one file of any. */
export async function importPrompt(line: CommandLine): Promise<number> {
  const [organization, prompt, folder] = [
    required(line, 'organization'),
    required(line, 'prompt'),
    required(line, 'git'),
  ]
  await assertRepository(folder)
  const stream = await git(folder, ['fast-export', '--all', '--full-tree', '--reencode=yes', '--signed-tags=strip'])
  const history = readFastExport(stream, { path: line.options.path })
  const imported = await withControlPlane(line, instead, (controlPlane) =>
    controlPlane.importPrompt(organization, prompt, history),
  )
  return say(`${imported} of ${history.commits.length} commits are new versions of "${prompt}".`)
}

/**
 * What all prompts say now, one folder each, for a repository that is deployed from: one way, the folder follows. Only
 * folders that a mirror made are changed or removed.
 */
export async function mirrorPrompts(line: CommandLine): Promise<number> {
  const [organization, folder] = [required(line, 'organization'), required(line, 'folder')]
  const contents = await withControlPlane(line, instead, (controlPlane) =>
    controlPlane.readPrompts(organization, line.options.label),
  )
  await mkdir(folder, { recursive: true })
  for (const key of contents.keys()) await assertOwn(join(folder, key))
  let changed = 0
  for (const [key, content] of contents) {
    if (await writeTree(join(folder, key), treeOf(content))) changed++
  }
  let removed = 0
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || contents.has(entry.name) || !(await isMirrored(join(folder, entry.name)))) continue
    await removeTree(join(folder, entry.name))
    removed++
  }
  complain(`${contents.size} prompts: ${changed} changed, ${removed} removed.`)
  return 0
}

/** True when something was changed. */
async function writeTree(folder: string, tree: ReadonlyMap<string, string>): Promise<boolean> {
  let changed = false
  for (const [path, text] of tree) {
    const file = join(folder, path)
    if ((await readFile(file, 'utf8').catch(() => undefined)) === text) continue
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    changed = true
  }
  for (const path of await filesIn(folder)) {
    if (tree.has(path)) continue
    await rm(join(folder, path))
    changed = true
  }
  return changed
}

/** A folder without what a mirror made, and gone if nothing else is in it. */
async function removeTree(folder: string): Promise<void> {
  await writeTree(folder, new Map())
  for (const emptied of [join(folder, 'messages'), folder]) await rmdir(emptied).catch(() => undefined)
}

const ours = /^(prompt\.(json|md)|messages\/\d+-(system|user|assistant)\.md)$/

/** The files that a mirror makes; what else lies there is somebody's. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true })
  return entries.map((path) => path.replaceAll('\\', '/')).filter((path) => ours.test(path))
}

/** Throws `cli.usage` for a folder of the prompt's name that somebody else has filled. */
async function assertOwn(folder: string): Promise<void> {
  const entries = await readdir(folder).catch(() => [])
  if (entries.length === 0 || (await isMirrored(folder))) return
  throw new FairleadError(
    'cli.usage',
    `${folder} is there already, and not of a mirror: move it away, or mirror elsewhere.`,
  )
}

async function isMirrored(folder: string): Promise<boolean> {
  const about = await readFile(join(folder, 'prompt.json'), 'utf8').catch(() => '')
  return about.includes('"formatVersion"')
}

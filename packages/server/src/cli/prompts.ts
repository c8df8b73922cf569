import { readFastExport, treeOf, writeFastImport } from '@fairlead/core/prompt'
import type { CommandLine } from './command.ts'
import { assertRepository, ensureRepository, followHead, forgetOwnRefs, git, workingTreeOf } from './git.ts'
import { required } from './keys.ts'
import { writeMirror } from './mirror.ts'
import { withControlPlane } from './offline.ts'
import { complain, say } from './output.ts'

const instead = 'Stop it first, or use its API: GET /prompts/:id/export and POST /prompts/import.'

/** A prompt's history as commits of a repository; what is there already is left as it is, changed files above all. */
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
  const before = await workingTreeOf(folder)
  await git(folder, ['fast-import', '--quiet'], writeFastImport(history.commits, history.refs))
  say(`${history.commits.length} versions of "${prompt}" are in ${folder}.`)
  if (before === null) return 0
  if (await followHead(folder, before)) return say('Its files are those of what is checked out.')
  return say('Its files were changed, or others are in the way: they are left as they are, so that git compares them.')
}

/** The commits of a repository as versions: of one that was exported, or of one file of any. */
export async function importPrompt(line: CommandLine): Promise<number> {
  const [organization, prompt, folder] = [
    required(line, 'organization'),
    required(line, 'prompt'),
    required(line, 'git'),
  ]
  await assertRepository(folder)
  const whole = ['--all', '--full-tree', '--show-original-ids', '--reencode=yes', '--signed-tags=strip']
  const stream = await git(folder, ['fast-export', ...whole])
  const history = readFastExport(stream, { path: line.options.path })
  const imported = await withControlPlane(line, instead, (controlPlane) =>
    controlPlane.importPrompt(organization, prompt, history),
  )
  return say(`${imported} of ${history.commits.length} commits are new versions of "${prompt}".`)
}

/**
 * What all prompts say now, one folder each, for a repository that is deployed from: one way, the folder follows. Only
 * what a mirror wrote is changed or removed.
 */
export async function mirrorPrompts(line: CommandLine): Promise<number> {
  const [organization, folder] = [required(line, 'organization'), required(line, 'folder')]
  const contents = await withControlPlane(line, instead, (controlPlane) =>
    controlPlane.readPrompts(organization, line.options.label),
  )
  const trees = new Map([...contents].map(([key, content]) => [key, treeOf(content)]))
  const { changed, removed } = await writeMirror(folder, trees)
  complain(`${contents.size} prompts: ${changed} changed, ${removed} removed.`)
  return 0
}

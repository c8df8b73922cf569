import { readFastExport, treeOf, writeFastImport } from '@fairlead/core/prompt'
import type { CommandLine } from './command.ts'
import { assertRepository, ensureRepository, forgetOwnRefs, git } from './git.ts'
import { required } from './keys.ts'
import { writeMirror } from './mirror.ts'
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

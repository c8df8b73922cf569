import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HistoryRef } from '@fairlead/core/prompt'
import { readFastExport, writeFastImport } from '@fairlead/core/prompt'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { TestPromptRoom } from './testing/room.suite.ts'
import { keyActor, noRule, openPromptRoom, personActor } from './testing/room.suite.ts'

const hasGit = spawnSync('git', ['--version']).status === 0
if (!hasGit && process.env.CI) throw new Error('There is no git to compare with.')

const folder = mkdtempSync(join(tmpdir(), 'fairlead-transfer-'))
afterAll(() => rmSync(folder, { recursive: true }))

function git(args: string[], input: Uint8Array | string = ''): Buffer {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: folder, input, maxBuffer: 1e9 })
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`)
  return stdout
}

const by = keyActor('CI <bot>')

describe.each(backends)('a history on %s', (kind) => {
  let room: TestPromptRoom
  let org: string

  beforeAll(async () => {
    room = await openPromptRoom(kind)
  })
  afterAll(() => room.database.close())
  beforeEach(async () => {
    org = await room.newOrganization()
    const references = { end: { prompt: 'end', version: 1 } }
    await room.prompts.create(org, by, { key: 'end', content: { text: 'Bye.' } })
    await room.prompts.create(org, by, {
      key: 'p',
      content: { text: 'a\r\nb{{> end}}\n\nc', references },
      commitMessage: 'Begin\n\nWith a body.\n',
    })
    await room.refs.move(org, 'p', by, { kind: 'branch', name: 'draft' }, { to: '1', expectedHash: null })
    const headOf = async (branch: string) =>
      (await room.refs.get(org, 'p', { kind: 'branch', name: branch })).version.commitHash
    const commit = async (branch: string, text: string) =>
      room.prompts.commit(org, 'p', by, {
        branch,
        expectedHash: await headOf(branch),
        content: { text, tools: ['👋'], references },
      })
    await commit('draft', 'a\r\nb{{> end}}\n\nC')
    await commit('main', 'A\r\nb{{> end}}\n\nc')
    const place = { branch: 'main', expectedHash: await headOf('main') }
    await room.history.merge(org, 'p', by, { ...place, source: 'branch/draft', mode: 'merge' })
    await room.refs.createTag(org, 'p', by, { name: 'v1', to: '1' })
    await room.refs.move(org, 'p', by, { kind: 'label', name: 'production' }, { to: 'branch/main', expectedHash: null })
  })

  const all = { limit: 1_000, after: undefined }
  const exported = async (key: string, organization = org) => {
    const commits = await room.transfers.export(organization, key, all)
    const refs = await room.refs.list(organization, key, undefined, all)
    return {
      commits,
      refs: refs.map(({ kind: of, name, version }): HistoryRef => ({ kind: of, name, commit: version.commitHash })),
    }
  }

  it('goes to another organization with all its hashes, and again without a change', async () => {
    const history = await exported('p')
    const other = await room.newOrganization()
    const { imported, commitHashes } = await room.transfers.import(other, by, { key: 'copy', ...history })
    expect(imported).toBe(4)
    expect(commitHashes).toEqual(history.commits.map(({ commitHash }) => commitHash))
    expect(await exported('copy', other)).toEqual(history)
    expect(await room.history.verify(other, 'copy')).toEqual({ intact: true, versions: 4, altered: null })
    expect(await room.transfers.import(other, by, { key: 'copy', ...history })).toMatchObject({
      imported: 0,
      commitHashes,
    })
    const log = await room.refs.log(other, 'copy', {}, all)
    expect(log).toHaveLength(4)
  })

  it.runIf(hasGit)('goes through git and comes back with the same hashes, texts and refs', async () => {
    const history = await exported('p')
    rmSync(join(folder, '.git'), { recursive: true, force: true })
    git(['init', '-q', '.'])
    const commits = history.commits.map(({ commitHash, committedAt, ...commit }) => ({
      ...commit,
      id: commitHash,
      committedAt: new Date(committedAt),
    }))
    git(['fast-import', '--quiet'], writeFastImport(commits, history.refs))
    expect(git(['fsck', '--strict']).toString()).toBe('')
    expect(git(['log', '-1', '--format=%an|%ae|%s', 'main']).toString()).toBe(
      'CI %3Cbot%3E|key@example.com|Merge draft (version 2) into main\n',
    )
    expect(git(['show', 'main:prompt.md']).toString()).toBe('A\r\nb{{> end}}\n\nC')
    const back = readFastExport(git(['fast-export', '--all', '--full-tree', '--reencode=yes', '--signed-tags=strip']))
    const other = await room.newOrganization()
    const hashes = new Map<string, string>()
    for (const { id, parents, committedAt, ...commit } of back.commits) {
      const one = {
        ...commit,
        committedAt: committedAt.toISOString(),
        parents: parents.map((parent) => hashes.get(parent)!),
      }
      const { commitHashes } = await room.transfers.import(other, by, { key: 'p', commits: [one], refs: [] })
      hashes.set(id, commitHashes[0]!)
    }
    const refs = back.refs.map(({ commit, ...ref }) => ({ ...ref, commit: hashes.get(commit)! }))
    await room.transfers.import(other, by, { key: 'p', commits: [], refs })
    const received = await exported('p', other)
    const sorted = (list: { commitHash: string }[]) => list.map(({ commitHash }) => commitHash).sort()
    expect(sorted(received.commits)).toEqual(sorted(history.commits))
    expect(received.refs).toEqual(history.refs)
  })

  it('moves no tag, no branch to where it leaves versions behind, and no protected label of a new prompt', async () => {
    const history = await exported('p')
    const [first, second] = history.commits
    const place = (key: string, ref: HistoryRef) => room.transfers.import(org, by, { key, commits: [], refs: [ref] })
    const tag = { kind: 'tag' as const, name: 'v1', commit: second!.commitHash }
    await expect(place('p', tag)).rejects.toMatchObject({ code: 'prompt.tag_exists' })
    const main = { kind: 'branch' as const, name: 'main', commit: first!.commitHash }
    await expect(place('p', main)).rejects.toMatchObject({ code: 'prompt.not_fast_forward' })
    const admin = await personActor(room.database, org, 'admin')
    await room.rules.create(org, admin, { ...noRule, refKind: 'label', pattern: 'production', requiredApprovals: 1 })
    const copy = { key: 'copy', commits: history.commits }
    const label = { kind: 'label' as const, name: 'production', commit: first!.commitHash }
    await expect(room.transfers.import(org, by, { ...copy, refs: [main, label] })).rejects.toMatchObject({
      code: 'prompt.protected',
    })
    await room.transfers.import(org, by, { ...copy, refs: [main] })
  })

  it('makes no prompt of nothing', async () => {
    await expect(room.transfers.import(org, by, { key: 'new', commits: [], refs: [] })).rejects.toMatchObject({
      code: 'prompt.nothing_to_commit',
      data: { errors: [{ pointer: '/commits' }] },
    })
    await expect(room.prompts.get(org, 'new')).rejects.toMatchObject({ code: 'prompt.not_found' })
  })

  it('is refused whole where a schema is none, a parent is missing, or a ref is protected', async () => {
    const history = await exported('p')
    const other = await room.newOrganization()
    const variables = { a: { type: 'strin' } }
    const faulty = history.commits.map((commit, index) =>
      index === 1 ? { ...commit, content: { text: '', variables } } : commit,
    )
    await expect(room.transfers.import(other, by, { key: 'copy', commits: faulty, refs: [] })).rejects.toMatchObject({
      code: 'prompt.invalid_content',
      data: { errors: [{ pointer: '/commits/1/content/variables/a/type' }] },
    })
    const cut = { key: 'copy', commits: history.commits.slice(1), refs: [] }
    await expect(room.transfers.import(other, by, cut)).rejects.toMatchObject({
      code: 'prompt.unknown_parent',
      data: { errors: [{ pointer: '/commits/0/parents' }] },
    })
    await expect(room.prompts.get(other, 'copy')).rejects.toMatchObject({ code: 'prompt.not_found' })
    const rule = {
      promptId: null,
      refKind: 'label' as const,
      pattern: 'prod*',
      requiredApprovals: 1,
      dismissStale: true,
    }
    const flags = { noDirectCommit: true, authorMayApprove: false, linearHistory: false, requiredChecks: [] }
    await room.rules.create(org, by, { ...rule, ...flags, allowReset: false, bypassRoles: [], includeAdmins: true })
    const [first] = history.commits
    const refs = [{ kind: 'label' as const, name: 'production', commit: first!.commitHash }]
    await expect(room.transfers.import(org, by, { key: 'p', commits: [], refs })).rejects.toMatchObject({
      code: 'prompt.protected',
    })
  })
})

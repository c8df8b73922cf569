import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { Actor } from './actor.ts'
import type { CheckSource } from './ports.ts'
import { lockPrompt } from './store.ts'
import type { TestPromptRoom } from './testing/room.suite.ts'
import { keyActor, noRule, openPromptRoom, personActor } from './testing/room.suite.ts'

describe.each(backends)('protection on %s', (kind) => {
  let room: TestPromptRoom
  let org: string
  let author: Actor
  let reviewer: Actor
  let other: Actor
  let admin: Actor
  /** Contents whose experiment has been won. */
  const won = new Set<string>()
  const experiment: CheckSource = {
    checkName: 'experiment',
    demand: 'somebody must win',
    metFor: async (_db, _promptId, moves) => new Set(moves.filter(({ toContent }) => won.has(toContent))),
  }

  beforeAll(async () => {
    room = await openPromptRoom(kind, [experiment])
  })
  afterAll(() => room.database.close())
  beforeEach(async () => {
    org = await room.newOrganization()
    author = await personActor(room.database, org)
    reviewer = await personActor(room.database, org)
    other = await personActor(room.database, org)
    admin = await personActor(room.database, org, 'admin')
    await room.prompts.create(org, author, { key: 'p', content: { text: 'a\nb\nc\n' } })
  })

  const protect = (rule: Partial<typeof noRule> & { refKind?: 'branch' | 'label' | 'tag' }) =>
    room.rules.create(org, admin, { ...noRule, refKind: 'branch', ...rule })
  const headOf = async (branch: string) => (await room.refs.get(org, 'p', { kind: 'branch', name: branch })).version
  const commit = async (branch: string, text: string, by = author, bypass?: string) => {
    const expectedHash = (await headOf(branch)).commitHash
    return room.prompts.commit(org, 'p', by, { branch, expectedHash, content: { text }, bypass })
  }
  const fork = async (text: string, name = 'draft') => {
    await room.refs.move(org, 'p', author, { kind: 'branch', name }, { to: 'branch/main', expectedHash: null })
    return commit(name, text)
  }
  const request = (target: { kind: 'branch' | 'label'; name: string } = { kind: 'branch', name: 'main' }) =>
    room.reviews.open(org, 'p', author, { source: 'draft', target })
  const approve = async (id: string, by: Actor) =>
    room.reviews.review(org, 'p', by, id, { versionId: (await headOf('draft')).id, verdict: 'approved' })
  const merge = (id: string, by = author, more: object = {}) =>
    room.reviews.merge(org, 'p', by, id, { mode: 'merge', ...more })
  const refused = (...requirements: string[]) => ({
    code: 'prompt.protected',
    data: { violations: requirements.map((requirement) => expect.objectContaining({ requirement })) },
  })

  it('lets a branch move by merge requests only', async () => {
    await protect({ noDirectCommit: true })
    await expect(commit('main', 'x\n')).rejects.toMatchObject(refused('merge_request'))
    await fork('a\nb\nC\n')
    const expectedHash = (await headOf('main')).commitHash
    const direct = { branch: 'main', expectedHash }
    await expect(
      room.history.merge(org, 'p', author, { ...direct, source: 'branch/draft', mode: 'merge' }),
    ).rejects.toMatchObject(refused('merge_request'))
    const main = { kind: 'branch' as const, name: 'main' }
    await expect(room.refs.move(org, 'p', admin, main, { to: 'branch/draft', expectedHash })).rejects.toMatchObject(
      refused('merge_request'),
    )
    const { id } = await request()
    expect((await merge(id)).request).toMatchObject({ status: 'merged', missing: [] })
    expect((await headOf('main')).content.text).toBe('a\nb\nC\n')
    await expect(merge(id)).rejects.toMatchObject({ code: 'prompt.merge_request_closed' })
  })

  it('asks for approvals by others, of the version that they saw', async () => {
    await protect({ requiredApprovals: 2 })
    await fork('a\nb\nC\n')
    const { id, missing } = await request()
    expect(missing).toMatchObject([{ requirement: 'approvals' }])
    await approve(id, author)
    await approve(id, reviewer)
    await expect(merge(id)).rejects.toMatchObject(refused('approvals'))
    const seen = (await headOf('draft')).id
    await commit('draft', 'a\nb\nCC\n')
    await expect(
      room.reviews.review(org, 'p', other, id, { versionId: seen, verdict: 'approved' }),
    ).rejects.toMatchObject({ code: 'prompt.head_not_seen' })
    await approve(id, other)
    await expect(merge(id)).rejects.toMatchObject(refused('approvals'))
    const described = await approve(id, reviewer)
    expect(described.approvals.map(({ stale }) => stale).sort()).toEqual([false, false, true, true])
    expect(described.missing).toEqual([])
    await room.reviews.review(org, 'p', other, id, {
      versionId: (await headOf('draft')).id,
      verdict: 'changes_requested',
    })
    await expect(merge(id)).rejects.toMatchObject(refused('changes_requested', 'approvals'))
    await approve(id, other)
    expect(await merge(id)).toMatchObject({ request: { status: 'merged' } })
  })

  it('says what to do', async () => {
    const protectedBecause = (reason: string) => ({ message: `The branch "main" is protected: ${reason}` })
    const hint = 'Open one with POST /api/v1/prompts/:id/merge-requests.'
    const rule = await protect({ requiredApprovals: 1, allowReset: true })
    await expect(commit('main', 'x\n')).rejects.toMatchObject(
      protectedBecause(`it needs a merge request with 1 approval. ${hint}`),
    )
    await fork('a\nb\nC\n')
    const { id } = await request()
    await expect(merge(id)).rejects.toMatchObject(protectedBecause('it needs 1 approval by others, and has 0.'))
    await room.rules.update(org, admin, rule.id, rule.updatedAt, {
      ...noRule,
      refKind: 'branch',
      noDirectCommit: true,
      requiredApprovals: 2,
      authorMayApprove: true,
    })
    await approve(id, author)
    await expect(merge(id)).rejects.toMatchObject(protectedBecause('it needs 2 approvals, and has 1.'))
    await expect(commit('main', 'x\n')).rejects.toMatchObject(
      protectedBecause(`it moves by merge requests only; it needs a merge request with 2 approvals. ${hint}`),
    )
    await expect(commit('main', 'x\n', author, 'now')).rejects.toMatchObject({
      message: 'The protection of the branch "main" is not yours to pass over: it moves by merge requests only.',
    })
  })

  it('takes nothing along that nobody has approved, whoever merges and however', async () => {
    await protect({ requiredApprovals: 1 })
    await fork('a\nb\nC\n')
    const { id } = await request()
    await approve(id, reviewer)
    const content = { text: 'something else\n' }
    for (const mode of ['merge', 'squash', 'no-fast-forward'])
      await expect(merge(id, author, { mode, content })).rejects.toMatchObject(refused('approvals'))
    const resolutions = [{ path: '/text', value: 'something else\n' }]
    await expect(merge(id, author, { resolutions })).rejects.toMatchObject(refused('approvals'))
    await merge(id)
    expect((await headOf('main')).content.text).toBe('a\nb\nC\n')
  })

  it('says what a request still misses as its merge would, when the target has moved on', async () => {
    await fork('a\nb\nC\n')
    await commit('main', 'A\nb\nc\n')
    await protect({ noDirectCommit: true, requiredChecks: ['lint'] })
    const { id, missing } = await request()
    expect(missing).toMatchObject([{ requirement: 'check', message: expect.stringContaining('merge the target') }])
    await room.reviews.setCheck(org, 'p', { name: 'lint', at: 'branch/draft', state: 'passed', evidence: {} })
    await expect(merge(id)).rejects.toMatchObject(refused('check'))
    const draft = { branch: 'draft', expectedHash: (await headOf('draft')).commitHash }
    await room.history.merge(org, 'p', author, { ...draft, source: 'branch/main', mode: 'merge' })
    await room.reviews.setCheck(org, 'p', { name: 'lint', at: 'branch/draft', state: 'passed', evidence: {} })
    expect((await room.reviews.get(org, 'p', author, id)).missing).toEqual([])
    await merge(id)
    expect((await headOf('main')).content.text).toBe('A\nb\nC\n')
  })

  it('says what a request misses whose label is gone', async () => {
    await fork('a\nb\nC\n')
    const main = { branch: 'main', expectedHash: (await headOf('main')).commitHash }
    await room.history.merge(org, 'p', author, { ...main, source: 'branch/draft', mode: 'no-fast-forward' })
    const draft = { kind: 'branch' as const, name: 'draft' }
    const before = (await headOf('draft')).commitHash
    await room.refs.move(org, 'p', author, draft, { to: 'branch/main', expectedHash: before })
    const label = { kind: 'label' as const, name: 'production' }
    const made = await room.refs.move(org, 'p', author, label, { to: 'branch/main', expectedHash: null })
    await protect({ refKind: 'label', pattern: 'production', linearHistory: true, allowReset: true })
    await commit('draft', 'a\nb\nCC\n')
    const { id, missing } = await request(label)
    expect(missing).toEqual([])
    await room.refs.remove(org, 'p', author, label, { expectedHash: made.version.commitHash })
    const now = await room.reviews.get(org, 'p', author, id)
    expect(now).toMatchObject({ targetHead: null, missing: [{ requirement: 'linear_history' }] })
    await expect(merge(id)).rejects.toMatchObject(refused('linear_history'))
  })

  it('shows the heads of an open request as they are, and of a closed one as they were', async () => {
    await fork('a\nb\nC\n')
    const { id } = await request()
    const [source, target] = [await commit('draft', 'a\nb\nCC\n'), await commit('main', 'A\nb\nc\n')]
    const heads = { sourceHead: { id: source.id }, targetHead: { id: target.id } }
    expect(await room.reviews.get(org, 'p', author, id)).toMatchObject(heads)
    expect(await room.reviews.close(org, 'p', author, id)).toMatchObject(heads)
    await commit('draft', 'a\nb\nCCC\n')
    await commit('main', 'AA\nb\nc\n')
    expect(await room.reviews.get(org, 'p', author, id)).toMatchObject(heads)
  })

  it('does not count those who wrote a version that is brought, nor keys', async () => {
    await protect({ requiredApprovals: 1 })
    await fork('a\nb\nC\n')
    await commit('draft', 'A\nb\nC\n', reviewer)
    const { id } = await request()
    await approve(id, reviewer)
    await expect(merge(id)).rejects.toMatchObject(refused('approvals'))
    const versionId = (await headOf('draft')).id
    await expect(
      room.reviews.review(org, 'p', keyActor(), id, { versionId, verdict: 'approved' }),
    ).rejects.toMatchObject({ code: 'auth.user_required' })
    await approve(id, other)
    expect(await merge(id)).toMatchObject({ request: { status: 'merged' } })
  })

  // The embedded database has one connection: there nobody can hold a lock against others.
  it.runIf(kind === 'postgres')('shows what a merge would give without a wait for those who write', async () => {
    const { promptId } = await fork('a\nb\nC\n')
    const { id } = await request()
    const [held, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const holding = room.database.withOrganization(org, async (db) => {
      await lockPrompt(db, promptId)
      held.resolve()
      await free.promise
    })
    await held.promise
    expect(await room.reviews.preview(org, 'p', id)).toMatchObject({ outcome: 'fast-forward' })
    free.resolve()
    await holding
  })

  it('does not count those who may not review any more', async () => {
    await protect({ requiredApprovals: 1 })
    await fork('a\nb\nC\n')
    const { id } = await request()
    await approve(id, reviewer)
    await room.reviews.review(org, 'p', other, id, {
      versionId: (await headOf('draft')).id,
      verdict: 'changes_requested',
    })
    const membership = ({ userId }: Actor, role: 'viewer' | null) =>
      room.database.withOrganization(org, async (db) => {
        if (role) await db.updateTable('memberships').set({ role }).where('user_id', '=', userId!).execute()
        else await db.deleteFrom('memberships').where('user_id', '=', userId!).execute()
      })
    await membership(other, null)
    expect((await room.reviews.get(org, 'p', author, id)).missing).toEqual([])
    await membership(reviewer, 'viewer')
    const described = await room.reviews.get(org, 'p', author, id)
    expect(described.approvals).toHaveLength(2)
    expect(described.missing).toMatchObject([{ requirement: 'approvals' }])
    await expect(merge(id)).rejects.toMatchObject(refused('approvals'))
    await membership(reviewer, null)
    await expect(merge(id)).rejects.toMatchObject(refused('approvals'))
    expect((await room.reviews.get(org, 'p', author, id)).approvals).toHaveLength(2)
  })

  it('keeps a history linear, and refs where they are', async () => {
    await protect({ linearHistory: true })
    await fork('a\nb\nc\nd\n')
    await commit('main', 'A\nb\nc\n')
    const { id } = await request()
    await expect(merge(id)).rejects.toMatchObject(refused('linear_history'))
    const main = { kind: 'branch' as const, name: 'main' }
    const back = { to: '1', expectedHash: (await headOf('main')).commitHash, force: true }
    await expect(room.refs.move(org, 'p', author, main, back)).rejects.toMatchObject(refused('reset'))
    expect((await merge(id, author, { mode: 'squash' })).version).toMatchObject({ mergeParentVersionId: null })
    // A merge made elsewhere does not come in by the back door.
    await room.refs.move(org, 'p', author, { kind: 'branch', name: 'side' }, { to: 'branch/main', expectedHash: null })
    await room.refs.move(org, 'p', author, { kind: 'branch', name: 'more' }, { to: 'branch/main', expectedHash: null })
    await commit('side', 'A\nb\nc\nd\nside\n')
    const expectedHash = (await headOf('more')).commitHash
    await room.history.merge(org, 'p', author, {
      branch: 'more',
      expectedHash,
      source: 'branch/side',
      mode: 'no-fast-forward',
    })
    const move = { to: 'branch/more', expectedHash: (await headOf('main')).commitHash }
    await expect(room.refs.move(org, 'p', author, main, move)).rejects.toMatchObject(refused('linear_history'))
  })

  it('holds for labels and patterns, when they are made, moved and removed', async () => {
    await protect({ refKind: 'label', pattern: 'prod*', requiredChecks: ['lint'] })
    const label = { kind: 'label' as const, name: 'production' }
    await expect(room.refs.move(org, 'p', author, label, { to: '1', expectedHash: null })).rejects.toMatchObject(
      refused('check'),
    )
    await room.refs.move(org, 'p', author, { kind: 'label', name: 'staging' }, { to: '1', expectedHash: null })
    await room.reviews.setCheck(org, 'p', { name: 'lint', at: '1', state: 'passed', evidence: {} })
    const made = await room.refs.move(org, 'p', author, label, { to: '1', expectedHash: null })
    await commit('main', 'x\n')
    const expectedHash = made.version.commitHash
    await expect(room.refs.move(org, 'p', author, label, { to: '2', expectedHash })).rejects.toMatchObject(
      refused('check'),
    )
    await expect(room.refs.remove(org, 'p', author, label, { expectedHash })).rejects.toMatchObject(refused('reset'))
    await room.reviews.setCheck(org, 'p', { name: 'lint', at: '2', state: 'failed', evidence: {} })
    await expect(room.refs.move(org, 'p', author, label, { to: '2', expectedHash })).rejects.toMatchObject(
      refused('check'),
    )
    // Equal content is as good, whichever version it is of.
    await commit('main', 'a\nb\nc\n')
    expect(await room.refs.move(org, 'p', author, label, { to: '3', expectedHash })).toMatchObject({
      version: { versionNumber: 3 },
    })
  })

  it('takes an experiment’s word for its check, and nobody else’s', async () => {
    await protect({ refKind: 'label', pattern: 'production', requiredChecks: ['experiment'] })
    await fork('a\nb\nC\n')
    await room.reviews.setCheck(org, 'p', { name: 'experiment', at: 'branch/draft', state: 'passed', evidence: {} })
    const { id } = await request({ kind: 'label', name: 'production' })
    await expect(merge(id)).rejects.toMatchObject(refused('check'))
    won.add((await headOf('draft')).contentHash)
    expect(await merge(id)).toMatchObject({
      request: { status: 'merged' },
      reference: { kind: 'label', name: 'production' },
    })
  })

  it('drops nothing that is sent along where a label only moves', async () => {
    await fork('a\nb\nC\n')
    const { id } = await request({ kind: 'label', name: 'production' })
    await expect(merge(id, author, { content: { text: 'mine' } })).rejects.toMatchObject({
      code: 'prompt.invalid_resolution',
    })
    expect(await merge(id)).toMatchObject({ request: { status: 'merged' } })
  })

  it('lets those pass over it whom the rule names, with a reason that is kept', async () => {
    await protect({ noDirectCommit: true, bypassRoles: ['admin'] })
    await expect(commit('main', 'x\n', author, 'in a hurry')).rejects.toMatchObject({ code: 'prompt.bypass_refused' })
    await expect(commit('main', 'x\n', keyActor(), 'in a hurry')).rejects.toMatchObject({
      code: 'prompt.bypass_refused',
    })
    await expect(commit('main', 'x\n', admin)).rejects.toMatchObject(refused('merge_request'))
    await commit('main', 'x\n', admin, 'production is down')
    const [last] = await room.refs.log(org, 'p', {}, { limit: 1, after: undefined })
    expect(last).toMatchObject({ actor: admin.userId, reason: 'commit (bypass: production is down)' })
    await protect({ noDirectCommit: true, includeAdmins: false, pattern: '*' })
    await commit('main', 'y\n', admin, 'still down')
  })

  it('is changed by compare-and-swap, and every change of it is audited', async () => {
    const rule = await protect({ noDirectCommit: true })
    const changed = await room.rules.update(org, admin, rule.id, rule.updatedAt, { ...noRule, refKind: 'branch' })
    expect(changed.noDirectCommit).toBe(false)
    await expect(
      room.rules.update(org, admin, rule.id, rule.updatedAt, { ...noRule, refKind: 'branch' }),
    ).rejects.toMatchObject({ code: 'prompt.rule_changed', data: { etag: changed.updatedAt } })
    await room.rules.remove(org, admin, rule.id, changed.updatedAt)
    await expect(room.rules.get(org, rule.id)).rejects.toMatchObject({ code: 'prompt.rule_not_found' })
    const actions = room.audited.slice(-3).map((entry) => (entry as { action: string }).action)
    expect(actions).toEqual(['protection.create', 'protection.update', 'protection.delete'])
    await commit('main', 'x\n')
  })
})

import type { KyselyPlugin } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { Actor } from './actor.ts'
import { describeRequests } from './describe-requests.ts'
import type { CheckSource } from './ports.ts'
import { Protection } from './protection.ts'
import { listMergeRequests } from './review-store.ts'
import { requirePrompt } from './select.ts'
import type { TestPromptRoom } from './testing/room.suite.ts'
import { noRule, openPromptRoom, personActor } from './testing/room.suite.ts'

describe.each(backends)('a list of merge requests on %s', (kind) => {
  const experiment: CheckSource = {
    checkName: 'experiment',
    demand: 'it must be the first',
    metFor: async (_db, _promptId, moves) => new Set(moves.slice(0, 1)),
  }
  let room: TestPromptRoom
  let org: string
  let author: Actor
  let reviewer: Actor

  beforeAll(async () => {
    room = await openPromptRoom(kind, [experiment])
    org = await room.newOrganization()
    author = await personActor(room.database, org)
    reviewer = await personActor(room.database, org)
    await room.prompts.create(org, author, { key: 'p', content: { text: 'a\n' } })
    const requirements = { requiredApprovals: 1, requiredChecks: ['lint', 'experiment'], linearHistory: true }
    const admin = await personActor(room.database, org, 'admin')
    for (const refKind of ['branch', 'label'] as const)
      await room.rules.create(org, admin, { ...noRule, ...requirements, refKind, pattern: '*ain' })
    for (let turn = 0; turn < 6; turn++) await propose(turn)
  })
  afterAll(() => room.database.close())

  /** A request that somebody has approved, or which has passed a check, or both, or which was closed. */
  async function propose(turn: number): Promise<void> {
    const source = `draft-${turn}`
    const branch = { kind: 'branch' as const, name: source }
    const { version } = await room.refs.move(org, 'p', author, branch, { to: '1', expectedHash: null })
    const content = { text: `a\n${turn}\n` }
    const by = turn % 3 === 0 ? reviewer : author
    const head = await room.prompts.commit(org, 'p', by, { branch: source, expectedHash: version.commitHash, content })
    const target = { kind: turn === 4 ? ('label' as const) : ('branch' as const), name: 'main' }
    const { id } = await room.reviews.open(org, 'p', author, { source, target })
    const verdict = { versionId: head.id, verdict: 'approved' as const }
    if (turn % 2 === 0) await room.reviews.review(org, 'p', reviewer, id, verdict)
    if (turn > 2)
      await room.reviews.setCheck(org, 'p', { name: 'lint', at: head.commitHash, state: 'passed', evidence: {} })
    if (turn === 5) await room.reviews.close(org, 'p', author, id)
  }

  const page = { limit: 10, after: undefined }

  it('says of each what it says of one', async () => {
    const protection = new Protection([{ ...experiment, metFor: async () => new Set() }])
    const [listed, single] = await room.database.withOrganization(org, async (db) => {
      const parts = { prompt: await requirePrompt(db, 'p'), protection, by: author }
      const rows = await listMergeRequests(db, parts.prompt.id, undefined, page)
      const one = []
      for (const row of rows) one.push(...(await describeRequests(db, parts, [row])))
      return [await describeRequests(db, parts, rows), one]
    })
    expect(listed).toEqual(single)
    const missing = listed.toReversed().map((request) => request.missing.map(({ requirement }) => requirement).join())
    expect(missing).toEqual([
      'approvals,check,check',
      'approvals,check,check',
      'check,check',
      'approvals,check',
      'check',
      '',
    ])
  })

  it('asks the database as often as one does', async () => {
    let asked = 0
    const counting: KyselyPlugin = {
      transformQuery({ node }) {
        asked++
        return node
      },
      transformResult: async ({ result }) => result,
    }
    await room.database.withOrganization(org, async (db) => {
      const parts = { prompt: await requirePrompt(db, 'p'), protection: new Protection([experiment]), by: author }
      const rows = await listMergeRequests(db, parts.prompt.id, 'open', page)
      expect(rows).toHaveLength(5)
      await describeRequests(db.withPlugin(counting), parts, rows.slice(0, 1))
      const forOne = asked
      asked = 0
      await describeRequests(db.withPlugin(counting), parts, rows)
      expect(asked).toBe(forOne)
    })
  })
})

import type { EndpointName } from '@fairlead/core/endpoints'
import { endpoints } from '@fairlead/core/endpoints'
import type { MergeRequest } from '@fairlead/core/prompt'
import { promptEndpoints } from '@fairlead/core/prompt'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LooseRequest } from '../http/testing/call.suite.ts'
import type { Inhabitant, InhabitedServer } from '../http/testing/inhabited-server.suite.ts'
import { openInhabitedServer } from '../http/testing/inhabited-server.suite.ts'

/** Everything that could move a ref, and all that leads up to it; the rules themselves are an admin's to change. */
const names = (Object.keys(promptEndpoints) as (keyof typeof promptEndpoints)[]).filter(
  (name) => endpoints[name].method !== 'GET' && endpoints[name].permission !== 'prompt:protect' && name !== 'tryPrompt',
)

const branch = fc.constantFrom('main', 'draft', 'side', 'main2')
const label = fc.constantFrom('production', 'staging')
const revision = fc.constantFrom('1', '2', '3', '4', '5', 'branch/main', 'branch/draft', 'branch/side', 'label/staging')
const text = fc.constantFrom('a\nb\nc\n', 'A\nb\nc\n', 'a\nb\nC\n', 'x\n')
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const mode = fc.constantFrom('merge', 'no-fast-forward', 'fast-forward-only', 'squash')
const bypass = maybe(fc.constant('I want it so'))
const content = text.map((each) => ({ text: each }))
const target = fc.oneof(
  branch.map((name) => ({ kind: 'branch', name })),
  label.map((name) => ({ kind: 'label', name })),
)

/** Bodies that have a good chance to be taken. */
const bodies: Partial<Record<EndpointName, fc.Arbitrary<object>>> = {
  createPromptVersion: fc.record({ branch, content, bypass }),
  movePromptBranch: fc.record({ to: revision, force: fc.boolean(), bypass }),
  movePromptLabel: fc.record({ to: revision, force: fc.boolean(), bypass }),
  createPromptTag: fc.record({ name: branch, to: revision, bypass }),
  rollBackPrompt: fc.record({ to: revision, branch, bypass }),
  revertPromptVersion: fc.record({ version: revision, branch, content: maybe(content), bypass }),
  cherryPickPromptVersion: fc.record({ version: revision, branch, content: maybe(content), bypass }),
  mergePrompt: fc.record({ source: revision, branch, mode, content: maybe(content), bypass }),
  createMergeRequest: fc.record({ source: branch, target }),
  mergeMergeRequest: fc.record({ mode, content: maybe(content), bypass }),
  setPromptCheck: fc.record({
    name: fc.constantFrom('experiment', 'lint'),
    at: revision,
    state: fc.constant('passed'),
  }),
  createPrompt: fc.record({ key: fc.constantFrom('p', 'q'), content }),
  renderPrompt: fc.constant({}),
}

describe('no endpoint, in whatever order and by whomever, gets around protection', () => {
  let server: InhabitedServer
  let acme: Inhabitant
  let id: string
  let first: string
  const credentials: string[] = []

  beforeAll(async () => {
    server = await openInhabitedServer({ checkAnswers: false })
    acme = await server.inhabit('acme')
    id = (await acme.ask('createPrompt', { body: { key: 'p', content: { text: 'a\nb\nc\n' } } })).body.id
    first = (await etagOf('Branch', 'main'))!
    const rule = { noDirectCommit: true, requiredApprovals: 1, bypassRoles: ['owner' as const] }
    await acme.ask('createProtectionRule', { body: { ...rule, refKind: 'branch', pattern: 'main' } })
    const checked = { ...rule, requiredChecks: ['experiment'], promptId: id }
    await acme.ask('createProtectionRule', { body: { ...checked, refKind: 'label', pattern: 'prod*' } })
    // An editor, and a key that may do all but change the rules.
    credentials.push((await acme.join('editor')).token)
    const scopes = ['prompt:read', 'prompt:write', 'prompt:check'] as const
    credentials.push((await acme.ask('createKey', { body: { name: 'CI', scopes: [...scopes] } })).body.secret)
  })
  afterAll(() => server.close())

  const etagOf = async (kind: 'Branch' | 'Label' | 'Tag', name: string) => {
    const answer = await server.call(`getPrompt${kind}` as EndpointName, { params: { id, name }, credential: acme.key })
    return answer.status === 200 ? (answer.headers.get('ETag') ?? undefined) : undefined
  }

  async function prepare(
    name: EndpointName,
    body: Record<string, unknown>,
    ref: string,
    by: string,
  ): Promise<LooseRequest> {
    const kind = name.endsWith('Label') ? 'Label' : name.endsWith('Tag') ? 'Tag' : 'Branch'
    const moved = name.startsWith('movePrompt') || name.startsWith('removePrompt')
    const etag = await etagOf(kind, moved ? ref : String(body.branch ?? 'main'))
    const { body: open } = await acme.ask('listMergeRequests', { params: { id }, query: { status: 'open' } })
    const request = open.data.find((each) => each.openedBy !== null) ?? open.data[0]
    return {
      params: { id, name: ref, requestId: request?.id ?? '01a20000-0000-7000-8000-000000000000' },
      ifMatch: etag ?? null,
      credential: by,
      body:
        name === 'reviewMergeRequest'
          ? { versionId: request?.sourceHead.id ?? 'none', verdict: 'approved' }
          : endpoints[name].method === 'DELETE' || name === 'closeMergeRequest'
            ? undefined
            : body,
    }
  }

  it('moves neither the protected branch nor the protected label', async () => {
    const step = fc.constantFrom(...names).chain((name) =>
      fc.record({
        name: fc.constant(name),
        body: (bodies[name] ?? fc.constant({})) as fc.Arbitrary<Record<string, unknown>>,
        ref: name.endsWith('Label') ? label : branch,
        by: fc.nat({ max: 1 }),
      }),
    )
    const taken = new Map<string, number>()
    const steps = fc.sample(step, { numRuns: 700, seed: 42 })
    for (const { name, body, ref, by } of steps) {
      const request = await prepare(name, body, ref, credentials[by]!)
      const answer = await server.call(name, request)
      expect(answer.status, `${name}: ${answer.text}`).not.toBe(500)
      if (answer.status < 300) taken.set(name, (taken.get(name) ?? 0) + 1)
      const shown = `${name} ${JSON.stringify(request)}: ${answer.text}`
      // The editor may approve what the key has opened: then, and only then, the branch may move by that request.
      if (name === 'mergeMergeRequest' && answer.status === 200) {
        const { request: merged } = answer.body as { request: MergeRequest }
        const by = merged.approvals.filter(({ verdict, stale }) => verdict === 'approved' && !stale)
        if (merged.target.kind === 'branch' && merged.target.name === 'main') {
          expect(body, shown).not.toHaveProperty('content')
          expect(by.filter(({ userId }) => userId !== merged.openedBy).length, shown).toBeGreaterThan(0)
          first = (await etagOf('Branch', 'main'))!
        }
      }
      expect(await etagOf('Branch', 'main'), shown).toBe(first)
      expect(await etagOf('Label', 'production'), shown).toBeUndefined()
    }
    // A fuzz that is always refused at the door would prove nothing.
    expect([...taken.keys()].length).toBeGreaterThan(names.length / 2)
    expect(server.errors).toEqual([])
  }, 120_000)
})

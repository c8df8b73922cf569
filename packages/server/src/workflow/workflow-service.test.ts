import { serializeWorkflow } from '@fairlead/core/workflow'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { Principal } from '../http/index.ts'
import { tool, workflow } from './testing/definition.suite.ts'
import type { TestRoom } from './testing/room.suite.ts'
import { openTestRoom } from './testing/room.suite.ts'
import { tagOf } from './workflow-service.ts'

const definitionOf = (name: string) =>
  ({ ...workflow([tool('one', 'fine')], []), name }) as unknown as Record<string, unknown>

describe.each(backends)('workflows on %s', (kind) => {
  let room: TestRoom
  let by: Principal

  beforeAll(async () => {
    room = await openTestRoom(kind, { fine: () => 'fine' })
  })
  afterAll(() => room.close())
  beforeEach(async () => {
    by = await room.newOrganization()
  })

  it('keep every version as it was stored', async () => {
    const { id } = await room.workflows.create(by, { definition: definitionOf('First'), message: 'Begin' })
    await room.workflows.update(by, id, 'v1', { definition: definitionOf('Second') })
    const first = await room.workflows.get(by.organizationId, id, 1)
    expect(first).toMatchObject({
      version: 1,
      latestVersion: 2,
      message: 'Begin',
      definition: { name: 'First' },
      name: 'Second',
    })
    expect(await room.workflows.get(by.organizationId, id, undefined)).toMatchObject({
      version: 2,
      definition: { name: 'Second' },
    })
    const versions = await room.workflows.listVersions(by.organizationId, id, { limit: 5, before: undefined })
    expect(versions.map(({ version }) => version)).toEqual([2, 1])
  })

  it('have a tag that changes with all that is shown of them, and that no change can be made under unless it is the latest', async () => {
    const { id } = await room.workflows.create(by, { definition: definitionOf('First') })
    const tags = new Map<string, string>()
    for (const name of ['Second', 'Third']) {
      const { version } = await room.workflows.get(by.organizationId, id, undefined)
      await room.workflows.update(by, id, `v${version}`, { definition: definitionOf(name) })
      for (const number of [1, undefined]) {
        const shown = await room.workflows.get(by.organizationId, id, number)
        const text = JSON.stringify(shown)
        expect(tags.get(tagOf(shown)) ?? text).toBe(text)
        tags.set(tagOf(shown), text)
      }
    }
    const old = await room.workflows.get(by.organizationId, id, 1)
    const change = room.workflows.update(by, id, tagOf(old), { definition: definitionOf('Fourth') })
    await expect(change).rejects.toMatchObject({ code: 'workflow.version_conflict', data: { etag: 'v3' } })
  })

  it('are stored in their canonical form, byte for byte', async () => {
    const definition = definitionOf('Grüße "quoted" \u2028 漢')
    const { id } = await room.workflows.create(by, { definition })
    const stored = await room.workflows.get(by.organizationId, id, 1)
    expect(serializeWorkflow(stored.definition)).toBe(serializeWorkflow(definition as never))
  })

  it('are never changed in the database', async () => {
    const { id } = await room.workflows.create(by, { definition: definitionOf('First') })
    const change = room.database.withOrganization(by.organizationId, (db) =>
      db.updateTable('workflow_versions').set({ message: 'Rewritten' }).where('workflow_id', '=', id).execute(),
    )
    await expect(change).rejects.toThrow()
  })

  it('are changed by one of those who have seen the same version; the others are told what is there now', async () => {
    const { id } = await room.workflows.create(by, { definition: definitionOf('First') })
    const changes = await Promise.allSettled(
      Array.from({ length: 8 }, (_value, index) =>
        room.workflows.update(by, id, 'v1', { definition: definitionOf(`Mine ${index}`) }),
      ),
    )
    const winners = changes.flatMap((change) => (change.status === 'fulfilled' ? [change.value] : []))
    expect(winners).toHaveLength(1)
    for (const change of changes) {
      if (change.status === 'fulfilled') continue
      expect(change.reason).toMatchObject({
        code: 'workflow.version_conflict',
        data: { etag: 'v2', current: { version: 2, definition: { name: winners[0]!.definition.name } } },
      })
    }
    expect(await room.workflows.listVersions(by.organizationId, id, { limit: 10, before: undefined })).toHaveLength(2)
  })

  it.each(['v0', 'v2', 'v99', '1', 'x', '', '*'])('take no change under the tag "%s"', async (tag) => {
    const { id } = await room.workflows.create(by, { definition: definitionOf('First') })
    const change = room.workflows.update(by, id, tag, { definition: definitionOf('Second') })
    await expect(change).rejects.toMatchObject({ code: 'workflow.version_conflict' })
    await expect(room.workflows.archive(by, id, tag)).rejects.toMatchObject({ code: 'workflow.version_conflict' })
  })

  it('must have the shape of one, and may be wrong otherwise', async () => {
    const shapeless = room.workflows.create(by, {
      definition: { ...definitionOf('First'), nodes: [{ id: 1 }], colour: 'red' },
    })
    const error: unknown = await shapeless.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'workflow.malformed' })
    const pointers = (error as { data: { errors: { pointer: string }[] } }).data.errors.map(({ pointer }) => pointer)
    expect(pointers).toContain('/definition/colour')
    expect(pointers.some((pointer) => pointer.startsWith('/definition/nodes/0'))).toBe(true)
    const draft = workflow([tool('one', 'unheard-of'), tool('two', 'fine')], []) as unknown as Record<string, unknown>
    expect(await room.workflows.create(by, { definition: draft })).toMatchObject({ version: 1 })
  })

  it('are judged without being stored, against what the organization has', async () => {
    const wrong = workflow([tool('one', 'fin')], []) as unknown as Record<string, unknown>
    const [finding] = await room.workflows.validate(by.organizationId, wrong)
    expect(finding).toMatchObject({ code: 'workflow.unknown_tool', severity: 'error', nodeId: 'one' })
    expect(finding?.hint).toContain('fine')
    expect(await room.workflows.validate(by.organizationId, definitionOf('Good'))).toEqual([])
    expect(await room.workflows.list(by.organizationId, { limit: 5, after: undefined })).toEqual([])
  })

  it('are gone from lists and from sight once they are archived', async () => {
    const { id } = await room.workflows.create(by, { definition: definitionOf('First') })
    await room.workflows.archive(by, id, 'v1')
    const gone = { code: 'workflow.not_found' }
    await expect(room.workflows.get(by.organizationId, id, undefined)).rejects.toMatchObject(gone)
    await expect(room.workflows.update(by, id, 'v1', { definition: definitionOf('Second') })).rejects.toMatchObject(
      gone,
    )
    await expect(room.workflows.archive(by, id, 'v1')).rejects.toMatchObject(gone)
    expect(await room.workflows.list(by.organizationId, { limit: 5, after: undefined })).toEqual([])
  })

  it('name in the catalogue what the organization has, and its prompts with their variables', async () => {
    const author = {
      author: { name: 'Ada', email: 'ada@example.com' },
      userId: null,
      responsibleUserId: null,
      kind: 'key' as const,
      id: 'k',
      role: null,
    }
    const content = { text: 'Hello {{name}}', variables: { name: { type: 'string' } } }
    const { id } = await room.prompts.create(by.organizationId, author, { key: 'greet', content })
    const catalog = await room.workflows.catalog(by.organizationId)
    expect(catalog).toEqual({
      prompts: [{ id, key: 'greet', variables: { name: { type: 'string' } } }],
      models: [{ id: 'default' }],
      tools: [{ id: 'fine', inputSchema: true, outputSchema: true }],
    })
    const stranger = await room.newOrganization()
    expect((await room.workflows.catalog(stranger.organizationId)).prompts).toEqual([])
  })
})

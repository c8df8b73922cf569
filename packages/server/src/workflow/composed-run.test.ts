import type { PromptContent } from '@fairlead/core/prompt'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backends } from '../database/testing/index.ts'
import type { Principal } from '../http/index.ts'
import { tagOfPrompt } from '../prompt/prompt-tag.ts'
import { ask, node, workflow } from './testing/definition.suite.ts'
import type { TestRoom } from './testing/room.suite.ts'
import { openTestRoom } from './testing/room.suite.ts'

const author = {
  author: { name: 'Ada', email: 'ada@example.com' },
  userId: null,
  responsibleUserId: null,
  kind: 'key' as const,
  id: 'k',
  role: null,
}

const greet = node('greet', 'prompt', {
  promptId: 'greet',
  modelId: 'default',
  inputMapping: {},
  outputVariable: 'greet',
})
const asked = workflow([ask('sure'), greet], [['sure', 'greet']], { greet: 'greet' })

describe.each(backends)('a run of a composed prompt on %s', (kind) => {
  let room: TestRoom
  let by: Principal

  beforeEach(async () => {
    // The answer is what the model was asked.
    room = await openTestRoom(kind, {}, { default: (messages) => messages.map(({ content }) => content).join('|') })
    by = await room.newOrganization()
    await create('tone', { text: 'Be kind.' })
    await label('tone', '1')
    const tone = { prompt: 'tone', label: 'production' }
    await create('greet', { text: 'Hello. {{> tone}}', references: { tone } })
  })
  afterEach(() => room.close())

  const create = (key: string, content: PromptContent) =>
    room.prompts.create(by.organizationId, author, { key, content })
  async function label(key: string, to: string) {
    const ref = { kind: 'label' as const, name: 'production' }
    const known = await room.refs.get(by.organizationId, key, ref).catch(() => null)
    const move = { to, expectedHash: known?.version.commitHash ?? null }
    return (await room.refs.move(by.organizationId, key, author, ref, move)).version
  }
  async function changeTone() {
    const branch = { kind: 'branch' as const, name: 'main' }
    const { commitHash } = (await room.refs.get(by.organizationId, 'tone', branch)).version
    const commit = { branch: 'main', expectedHash: commitHash, content: { text: 'Be brief.' } }
    await room.prompts.commit(by.organizationId, 'tone', author, commit)
    return label('tone', '2')
  }
  const waiting = (id: string) => room.until(by, id, ({ status }) => status === 'waiting')
  const ended = (id: string) => room.until(by, id, ({ finishedAt }) => finishedAt !== null)

  it('goes on with the texts of its start when a label moves while it waits, and the next run has the new ones', async () => {
    await room.work()
    const { id, workflowId } = await room.execute(by, asked)
    await waiting(id)
    const second = await changeTone()
    await room.answers.resume(by, id, { address: 'sure', choice: 'yes' })
    const run = await ended(id)
    expect(run).toMatchObject({ status: 'completed', output: { greet: 'Hello. Be kind.' } })
    expect(run.pins.greet?.references).toEqual([
      { promptId: second.promptId, versionId: expect.any(String), versionNumber: 1, label: 'production' },
    ])
    const next = await room.runs.execute(by, workflowId, { input: {} })
    await waiting(next.id)
    await room.answers.resume(by, next.id, { address: 'sure', choice: 'yes' })
    expect(await ended(next.id)).toMatchObject({
      output: { greet: 'Hello. Be brief.' },
      pins: { greet: { references: [{ versionId: second.id, versionNumber: 2 }] } },
    })
  })

  it('is loaded as it was pinned by a worker that has never seen it', async () => {
    const { id } = await room.execute(by, workflow([greet], [], { greet: 'greet' }))
    await changeTone()
    const later = await room.execute(by, workflow([greet], [], { greet: 'greet' }))
    await room.work()
    expect((await ended(id)).output).toEqual({ greet: 'Hello. Be kind.' })
    expect((await ended(later.id)).output).toEqual({ greet: 'Hello. Be brief.' })
  })

  it('goes on, and begins, when its prompts are archived', async () => {
    const { id: workflowId } = await room.createWorkflow(by, workflow([greet], [], { greet: 'greet' }))
    for (const key of ['greet', 'tone']) {
      const tag = tagOfPrompt(await room.prompts.get(by.organizationId, key))
      await room.prompts.update(by.organizationId, key, tag, { archived: true })
    }
    const { id } = await room.runs.execute(by, workflowId, { input: {} })
    await room.work()
    expect((await ended(id)).output).toEqual({ greet: 'Hello. Be kind.' })
  })

  it('is refused with the reference that leads nowhere, and validated by the variables of the whole', async () => {
    const { id } = await room.createWorkflow(by, workflow([greet], [], { greet: 'greet' }))
    const ref = { kind: 'label' as const, name: 'production' }
    const { commitHash } = (await room.refs.get(by.organizationId, 'tone', ref)).version
    await room.refs.remove(by.organizationId, 'tone', author, ref, { expectedHash: commitHash })
    await expect(room.runs.execute(by, id, { input: {} })).rejects.toMatchObject({ code: 'prompt.dangling_reference' })
    const commit = { branch: 'main', expectedHash: commitHash, content: { text: 'Be {{mood}}.' } }
    await room.prompts.commit(by.organizationId, 'tone', author, commit)
    await label('tone', '2')
    await expect(room.runs.execute(by, id, { input: {} })).rejects.toMatchObject({
      code: 'workflow.invalid',
      message: expect.stringContaining('mood'),
    })
  })
})

import { expect, it } from 'vitest'
import type { Client } from './client.ts'
import { createClient } from './client.ts'

const nothingIsSent = async () => {
  throw new Error('Nothing should be sent.')
}
const client = createClient({ baseUrl: 'http://plane.test', apiKey: 'key', fetch: nothingIsSent, maxRetries: 0 })

it.each<[string, (seen: never) => Promise<unknown>, string]>([
  ['workflows.update', (seen) => client.workflows.update(seen, { definition: {} as never }), 'workflow'],
  ['workflows.archive', (seen) => client.workflows.archive(seen), 'workflow'],
  ['tenant.updateOrganization', (seen) => client.tenant.updateOrganization(seen, { name: 'A' }), 'organization'],
])('%s wants what was read, and says so before anything is sent', async (call, change, kind) => {
  const said = `${call} needs the ${kind} as it was read, with its "etag": pass what a call before returned.`
  for (const seen of [{ id: 'a' }, { id: 'a', etag: '' }, 'a', null, undefined]) {
    await expect(change(seen as never)).rejects.toThrow(new TypeError(said))
  }
})

it.each<[string, (rooms: Client, id: never) => Promise<unknown>, string]>([
  ['a workflow', ({ workflows }, id) => workflows.get(id), 'undefined is no id of a workflow.'],
  ['a run', ({ runs }, id) => runs.get(id), 'undefined is no id of a run.'],
  ['an invitation', ({ tenant }, id) => tenant.revokeInvitation(id), 'undefined is no id of an invitation.'],
  ['a member', ({ tenant }, id) => tenant.removeMember(id), 'undefined is no id of a member.'],
  ['a version', ({ prompts }, id) => prompts.version('greet', id), 'undefined is no version.'],
  ['a branch', ({ prompts }, id) => prompts.history.branch('greet', id), 'undefined is no name of a branch.'],
])('what should name %s and names nothing is told in these words', async (_, call, said) => {
  await expect(call(client, undefined as never)).rejects.toThrow(said)
})

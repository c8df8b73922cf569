import type { EndpointName } from '@fairlead/core/endpoints'
import type { ValidRequest } from './call.suite.ts'
import type { Inhabitant } from './inhabited-server.suite.ts'
import { greeting, newPrompt, referring } from './prompts.suite.ts'
import { experimentRequests } from './valid-experiment-requests.suite.ts'
import { historyRequests, refRequests, reviewRequests, transferRequests } from './valid-prompt-requests.suite.ts'

/**
 * How to ask each endpoint so that it succeeds, once: whatever it needs is made first, through the API. An endpoint
 * without a line here does not compile, so that none can escape the tests that go over this table.
 */
export const validRequests: { [Name in EndpointName]: (by: Inhabitant) => Promise<ValidRequest<Name>> } = {
  getPrincipal: async () => ({}),
  getOrganization: async () => ({}),
  updateOrganization: async (by) => ({
    ifMatch: (await by.ask('getOrganization', {})).etag,
    body: { name: by.name(), settings: { note: by.name(), nested: { list: [1, 'two', null, true] } } },
  }),
  listMembers: async () => ({}),
  updateMember: async (by) => ({ params: await newMember(by), body: { role: 'editor' } }),
  removeMember: async (by) => ({ params: await newMember(by) }),
  listInvitations: async () => ({}),
  createInvitation: async (by) => ({
    body: { email: `${by.name()}@example.com`, role: 'viewer', expiresInSeconds: 3600 },
  }),
  revokeInvitation: async (by) => ({ params: { id: (await newInvitation(by)).id } }),
  acceptInvitation: async (by) => {
    const { email, token } = await by.stranger()
    return { body: { token: (await newInvitation(by, email)).token }, credential: token }
  },
  listKeys: async () => ({}),
  createKey: async (by) => ({
    body: { name: by.name(), environment: 'test', scopes: ['key:write'], expiresAt: '2999-01-01T00:00:00Z' },
  }),
  getKey: async (by) => ({ params: await newKey(by) }),
  rotateKey: async (by) => ({ params: await newKey(by), body: { overlapSeconds: 60 } }),
  revokeKey: async (by) => ({ params: await newKey(by) }),
  createBrowserToken: async (by) => ({
    body: { scopes: ['workflow:read', 'run:execute'], subject: by.name(), expiresInSeconds: 600 },
  }),

  createWorkflow: async (by) => ({ body: { definition: approval(by), message: by.name() } }),
  listWorkflows: async () => ({}),
  validateWorkflow: async (by) => ({ body: { definition: ofAllTypes(by) } }),
  getWorkflow: async (by) => ({ params: { id: (await newWorkflow(by)).id }, query: { version: 1 } }),
  updateWorkflow: async (by) => {
    const { id, etag } = await newWorkflow(by)
    return { params: { id }, ifMatch: etag, body: { definition: approval(by), message: by.name() } }
  },
  archiveWorkflow: async (by) => {
    const { id, etag } = await newWorkflow(by)
    return { params: { id }, ifMatch: etag }
  },
  listWorkflowVersions: async (by) => ({ params: { id: (await newWorkflow(by)).id } }),
  executeWorkflow: async (by) => ({
    params: { id: (await newWorkflow(by)).id },
    body: { input: { subject: by.name() }, unit: by.name(), attributes: { plan: by.name() }, version: 1 },
  }),
  listWorkflowRuns: async (by) => ({ params: { id: (await newRun(by)).workflowId }, query: { limit: 10 } }),
  listRuns: async () => ({}),
  getRun: async (by) => ({ params: { id: (await newRun(by)).id } }),
  streamRunEvents: async (by) => ({ params: { id: (await newRun(by)).id }, query: { follow: 'false' } }),
  resumeRun: async (by) => {
    const { id } = await newRun(by)
    const address = await by.untilWaiting(id)
    return { params: { id }, body: { address, choice: 'yes', by: by.name() } }
  },
  cancelRun: async (by) => ({ params: { id: (await newRun(by)).id }, body: {} }),
  getCatalog: async () => ({}),

  createPrompt: async (by) => ({
    body: { key: by.name(), name: by.name(), description: by.name(), content: greeting(by), commitMessage: by.name() },
  }),
  resolvePrompt: async (by) => ({ params: { id: (await newPrompt(by)).id }, query: { branch: 'main' } }),
  streamPromptEvents: async () => ({ query: { follow: 'false' } }),
  listPrompts: async () => ({ query: { archived: 'include' as const } }),
  getPrompt: async (by) => ({ params: { id: (await newPrompt(by)).id } }),
  updatePrompt: async (by) => {
    const { id, promptEtag } = await newPrompt(by)
    return { params: { id }, ifMatch: promptEtag, body: { name: by.name(), description: by.name(), archived: false } }
  },
  createPromptVersion: async (by) => {
    const { id, etag } = await newPrompt(by)
    return {
      params: { id },
      ifMatch: etag,
      body: { content: await referring(by), commitMessage: by.name(), branch: 'main' },
    }
  },
  listPromptVersions: async (by) => ({ params: { id: (await newPrompt(by)).id } }),
  getPromptVersion: async (by) => ({ params: { id: (await newPrompt(by)).id, version: 1 } }),
  renderPrompt: async (by) => {
    const { body } = await by.ask('createPrompt', { body: { key: by.name(), content: await referring(by) } })
    return { params: { id: body.id }, body: { version: 1, variables: { who: by.name() } } }
  },
  tryPrompt: async (by) => ({
    params: { id: (await newPrompt(by)).id },
    body: { branch: 'main', variables: { who: by.name() }, model: 'default' },
  }),
  ...refRequests,
  ...historyRequests,
  ...transferRequests,
  ...reviewRequests,
  ...experimentRequests,

  listPrices: async () => ({ query: { limit: 200 } }),
  createPrice: async (by) => ({ body: price(by) }),
  deletePrice: async (by) => ({ params: { id: (await by.ask('createPrice', { body: price(by) })).body.id } }),
  createScore: async (by) => ({
    body: { runId: (await newRun(by)).id, name: 'helpful', value: 0.5, comment: by.name(), source: 'human' as const },
  }),
  listScores: async () => ({ query: { name: 'helpful' } }),
  listExecutions: async () => ({}),
}

/** One object of every kind, as the tests above it make them. */
export async function furnish(by: Inhabitant): Promise<void> {
  await by.ask('updateOrganization', await validRequests.updateOrganization(by))
  await by.join('owner')
  await newInvitation(by)
  await newKey(by)
  const { id } = await newRun(by)
  await by.untilWaiting(id)
  await by.ask('tryPrompt', await validRequests.tryPrompt(by))
  await by.ask('createPrice', await validRequests.createPrice(by))
  await by.ask('createScore', await validRequests.createScore(by))
  await by.ask('createAbTest', await validRequests.createAbTest(by))
  await by.ask('recordAbTestEvents', await validRequests.recordAbTestEvents(by))
  await by.ask('createAbTestHoldout', await validRequests.createAbTestHoldout(by))
  await by.ask('createProtectionRule', await validRequests.createProtectionRule(by))
}

async function newMember(by: Inhabitant): Promise<{ userId: string }> {
  const { userId } = await by.join('viewer')
  return { userId }
}

async function newInvitation(by: Inhabitant, email = `${by.name()}@example.com`) {
  return (await by.ask('createInvitation', { body: { email, role: 'viewer' } })).body
}

async function newKey(by: Inhabitant): Promise<{ id: string }> {
  const { id } = (await by.ask('createKey', { body: { name: by.name(), scopes: ['key:write'] } })).body
  return { id }
}

async function newWorkflow(by: Inhabitant): Promise<{ id: string; etag: string }> {
  const { body, etag } = await by.ask('createWorkflow', { body: { definition: approval(by), message: by.name() } })
  return { id: body.id, etag }
}

async function newRun(by: Inhabitant): Promise<{ id: string; workflowId: string }> {
  const workflow = await newWorkflow(by)
  const { body } = await by.ask('executeWorkflow', {
    params: { id: workflow.id },
    body: { input: { subject: by.name() }, unit: by.name() },
  })
  return { id: body.id, workflowId: body.workflowId }
}

/** A workflow that asks a person and waits for as long as nobody answers. */
function approval(by: Inhabitant) {
  return {
    formatVersion: 1,
    name: by.name(),
    description: by.name(),
    inputs: { subject: { type: 'string' } },
    variables: {
      approval: { schema: { type: 'object', properties: { choice: { type: 'string' } } }, default: { choice: 'no' } },
    },
    outputs: { decision: 'approval.choice' },
    nodes: [
      {
        id: 'approve',
        type: 'human',
        position: { x: 0, y: 0 },
        data: {
          label: by.name(),
          config: {
            message: 'Approve {{subject}}?',
            choices: [
              { id: 'yes', label: 'Yes' },
              { id: 'no', label: 'No' },
            ],
            outputVariable: 'approval',
          },
        },
      },
    ],
    edges: [],
  }
}

/** A workflow with a node of every type. Its tools are unknown here, which is a finding and no failure. */
function ofAllTypes(by: Inhabitant) {
  const node = (id: string, type: string, config: object, policies: object = {}) => {
    return { id, type, position: { x: 0, y: 0 }, data: { label: id, config, ...policies } }
  }
  const score = { type: 'object', required: ['value'], properties: { value: { type: 'number' } } }
  return {
    formatVersion: 1,
    name: by.name(),
    inputs: { lines: { type: 'array', items: { type: 'string' } } },
    variables: {
      scored: { schema: { type: 'array', items: score } },
      score: { schema: score, default: { value: 0 } },
      notes: { schema: { type: 'array', items: { type: 'string' } }, reducer: 'append' },
      approval: { schema: { type: 'object', properties: { choice: { type: 'string' } } } },
    },
    outputs: { scored: 'scored', notes: 'notes' },
    nodes: [
      node('each', 'parallel', {
        ...{ mode: 'map', items: 'lines', itemVariable: 'line', result: 'score', outputVariable: 'scored' },
        ...{ bodyNodes: ['judge'], concurrency: 2 },
      }),
      node(
        'judge',
        'prompt',
        {
          ...{ promptId: by.name(), modelId: 'default', inputMapping: { text: 'line' }, outputVariable: 'score' },
          ...{ outputSchema: score, ref: { version: 1 } },
        },
        { timeoutMs: 5_000, retry: { maxAttempts: 3, initialIntervalMs: 100, backoffFactor: 2 } },
      ),
      node('again', 'loop', { maxIterations: 3, condition: 'score.value < 0.9', bodyNodes: ['note'] }),
      node('note', 'tool', { toolId: 'note', inputMapping: { n: 'loop.index' }, outputVariable: 'notes' }),
      node('check', 'condition', { expression: 'size(scored) > 1', trueTarget: 'ask', falseTarget: 'end' }),
      node('ask', 'human', {
        message: 'Is {{scored}} right?',
        form: { type: 'object', properties: { why: { type: 'string' } } },
        choices: [{ id: 'yes', label: 'Yes' }],
        ...{ assignees: ['a@example.com'], outputVariable: 'approval', dueInSeconds: 60, onDue: { choice: 'yes' } },
      }),
    ],
    edges: [
      { id: 'e1', source: 'each', sourceHandle: 'body', target: 'judge' },
      { id: 'e2', source: 'each', sourceHandle: 'done', target: 'again' },
      { id: 'e3', source: 'again', sourceHandle: 'body', target: 'note' },
      { id: 'e4', source: 'again', sourceHandle: 'done', target: 'check' },
      { id: 'e5', source: 'check', sourceHandle: 'true', target: 'ask' },
    ],
  }
}

function price(by: Inhabitant) {
  return {
    model: by.name(),
    provider: 'acme',
    validFrom: '2026-01-01T00:00:00Z',
    inputPerMillion: 1_000,
    cachedPerMillion: 100,
    cacheWritePerMillion: 1_250,
    outputPerMillion: 4_000,
    reasoningPerMillion: 4_000,
  }
}

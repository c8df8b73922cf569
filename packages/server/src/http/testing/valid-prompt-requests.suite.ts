import type { historyEndpoints, refEndpoints, reviewEndpoints, transferEndpoints } from '@fairlead/core/prompt'
import type { ValidRequest } from './call.suite.ts'
import type { Inhabitant } from './inhabited-server.suite.ts'
import { greeting, newForkedPrompt, newPrompt } from './prompts.suite.ts'

type Requests<
  Name extends
    | keyof typeof refEndpoints
    | keyof typeof historyEndpoints
    | keyof typeof transferEndpoints
    | keyof typeof reviewEndpoints,
> = { [Each in Name]: (by: Inhabitant) => Promise<ValidRequest<Each>> }

async function newRef(by: Inhabitant, kind: 'branch' | 'label' | 'tag') {
  const { id, etag } = await newPrompt(by)
  const name = 'one'
  const to = { to: 'branch/main' }
  if (kind === 'branch') await by.ask('movePromptBranch', { params: { id, name }, ifMatch: null, body: to })
  if (kind === 'label') await by.ask('movePromptLabel', { params: { id, name }, ifMatch: null, body: to })
  if (kind === 'tag') await by.ask('createPromptTag', { params: { id }, body: { name, ...to } })
  return { params: { id, name }, ifMatch: etag }
}

const named = async (by: Inhabitant, kind: 'branch' | 'label' | 'tag') => ({ params: (await newRef(by, kind)).params })
const moved = async (by: Inhabitant, kind: 'branch' | 'label') => {
  const ref = await newRef(by, kind)
  const content = { ...greeting(by), tools: [by.name()] }
  await by.ask('createPromptVersion', { params: { id: ref.params.id }, ifMatch: ref.ifMatch, body: { content } })
  return { ...ref, body: { to: 'branch/main', force: true, reason: by.name() } }
}

export const refRequests: Requests<keyof typeof refEndpoints> = {
  listPromptRefs: async (by) => ({ params: { id: (await newPrompt(by)).id } }),
  getPromptBranch: (by) => named(by, 'branch'),
  movePromptBranch: (by) => moved(by, 'branch'),
  removePromptBranch: (by) => newRef(by, 'branch'),
  getPromptLabel: (by) => named(by, 'label'),
  movePromptLabel: (by) => moved(by, 'label'),
  removePromptLabel: (by) => newRef(by, 'label'),
  getPromptTag: (by) => named(by, 'tag'),
  createPromptTag: async (by) => ({ params: { id: (await newPrompt(by)).id }, body: { name: 'v1', to: '1' } }),
  removePromptTag: (by) => newRef(by, 'tag'),
  listPromptRefLog: async (by) => ({
    params: { id: (await newPrompt(by)).id },
    query: { kind: 'branch' as const, at: '2100-01-01T00:00:00Z' },
  }),
}

export const historyRequests: Requests<keyof typeof historyEndpoints> = {
  diffPromptVersions: async (by) => ({
    params: { id: (await newForkedPrompt(by)).id },
    query: { from: 'branch/main', to: 'branch/draft' },
  }),
  rollBackPrompt: async (by) => {
    const { id, etag } = await newForkedPrompt(by)
    return { params: { id }, ifMatch: etag, body: { to: '1', commitMessage: by.name() } }
  },
  revertPromptVersion: async (by) => {
    const { id, etag } = await newForkedPrompt(by)
    return { params: { id }, ifMatch: etag, body: { version: 'branch/main', commitMessage: by.name() } }
  },
  cherryPickPromptVersion: async (by) => {
    const { id, etag } = await newForkedPrompt(by)
    return { params: { id }, ifMatch: etag, body: { version: 'branch/draft', commitMessage: by.name() } }
  },
  previewPromptMerge: async (by) => ({
    params: { id: (await newForkedPrompt(by)).id },
    body: { source: 'branch/draft' },
  }),
  mergePrompt: async (by) => {
    const { id, etag } = await newForkedPrompt(by)
    return { params: { id }, ifMatch: etag, body: { source: 'branch/draft', commitMessage: by.name() } }
  },
  listPromptHistory: async (by) => ({ params: { id: (await newForkedPrompt(by)).id }, query: { limit: 2 } }),
  blamePrompt: async (by) => ({ params: { id: (await newForkedPrompt(by)).id } }),
  verifyPromptHistory: async (by) => ({ params: { id: (await newForkedPrompt(by)).id } }),
}

export const transferRequests: Requests<keyof typeof transferEndpoints> = {
  exportPrompt: async (by) => ({ params: { id: (await newForkedPrompt(by)).id } }),
  importPrompt: async (by) => ({
    body: {
      key: by.name(),
      commits: [
        {
          parents: [],
          content: greeting(by),
          author: { name: by.name(), email: 'a@example.com' },
          committedAt: '2026-01-01T00:00:00Z',
          message: by.name(),
        },
      ],
    },
  }),
}

function rule(by: Inhabitant) {
  return { refKind: 'branch' as const, pattern: `${by.name()}-*`, noDirectCommit: true, requiredChecks: ['lint'] }
}

async function newRule(by: Inhabitant) {
  const { body, etag } = await by.ask('createProtectionRule', { body: rule(by) })
  return { params: { id: body.id }, ifMatch: etag }
}

async function newRequest(by: Inhabitant) {
  const { id } = await newForkedPrompt(by)
  const target = { kind: 'branch' as const, name: 'main' }
  const { body } = await by.ask('createMergeRequest', {
    params: { id },
    body: { source: 'draft', target, title: by.name(), description: by.name() },
  })
  return { params: { id, requestId: body.id }, versionId: body.sourceHead.id }
}

const requested = async (by: Inhabitant) => ({ params: (await newRequest(by)).params })

export const reviewRequests: Requests<keyof typeof reviewEndpoints> = {
  listProtectionRules: async () => ({}),
  createProtectionRule: async (by) => ({ body: rule(by) }),
  getProtectionRule: async (by) => ({ params: (await newRule(by)).params }),
  updateProtectionRule: async (by) => ({ ...(await newRule(by)), body: { ...rule(by), linearHistory: true } }),
  deleteProtectionRule: newRule,
  listPromptChecks: async (by) => ({ params: { id: (await newPrompt(by)).id }, query: { at: '1' } }),
  setPromptCheck: async (by) => ({
    params: { id: (await newPrompt(by)).id },
    body: { name: 'lint', at: '1', state: 'passed', evidence: { by: by.name() } },
  }),
  createMergeRequest: async (by) => ({
    params: { id: (await newForkedPrompt(by)).id },
    body: { source: 'draft', target: { kind: 'label', name: 'production' }, title: by.name() },
  }),
  listMergeRequests: async (by) => ({ params: { id: (await newRequest(by)).params.id } }),
  getMergeRequest: requested,
  closeMergeRequest: requested,
  previewMergeRequest: requested,
  reviewMergeRequest: async (by) => {
    const { params, versionId } = await newRequest(by)
    const { token } = await by.join('editor')
    return { params, body: { versionId, verdict: 'approved', comment: by.name() }, credential: token }
  },
  mergeMergeRequest: async (by) => ({ params: (await newRequest(by)).params, body: { commitMessage: by.name() } }),
}

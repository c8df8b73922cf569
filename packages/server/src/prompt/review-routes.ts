import type { MergeRequest, reviewEndpoints } from '@fairlead/core/prompt'
import type { Handlers } from '../http/index.ts'
import { pageOf } from '../http/index.ts'
import { actorOf } from './actor.ts'
import type { ReviewService } from './review-service.ts'
import type { RuleService } from './rule-service.ts'
import { tagOfRule } from './rule-service.ts'

/** Protection, checks and merge requests over HTTP. */
export function createReviewRoutes({
  reviews,
  rules,
}: {
  reviews: ReviewService
  rules: RuleService
}): Handlers<keyof typeof reviewEndpoints> {
  return {
    async listProtectionRules({ organizationId, query: { limit }, cursor }) {
      const [after] = cursor.after('string') ?? []
      const rows = await rules.list(organizationId, { limit: limit + 1, after })
      return { status: 200, body: pageOf(rows, { limit, cursor, item: (rule) => rule, position: ({ id }) => [id] }) }
    },
    async createProtectionRule({ organizationId, principal, body }) {
      const rule = await rules.create(organizationId, actorOf(principal), body)
      return { status: 201, body: rule, location: `/prompt-protection-rules/${rule.id}`, etag: tagOfRule(rule) }
    },
    async getProtectionRule({ organizationId, params }) {
      const rule = await rules.get(organizationId, params.id)
      return { status: 200, body: rule, etag: tagOfRule(rule) }
    },
    async updateProtectionRule({ organizationId, principal, params, body, ifMatch }) {
      const rule = await rules.update(organizationId, actorOf(principal), params.id, ifMatch, body)
      return { status: 200, body: rule, etag: tagOfRule(rule) }
    },
    async deleteProtectionRule({ organizationId, principal, params, ifMatch }) {
      await rules.remove(organizationId, actorOf(principal), params.id, ifMatch)
      return { status: 204 }
    },
    async listPromptChecks({ organizationId, params, query }) {
      return { status: 200, body: { data: await reviews.checks(organizationId, params.id, query.at) } }
    },
    async setPromptCheck({ organizationId, params, body }) {
      return { status: 200, body: await reviews.setCheck(organizationId, params.id, body) }
    },
    async createMergeRequest({ organizationId, principal, params, body }) {
      const request = await reviews.open(organizationId, params.id, actorOf(principal), body)
      return { status: 201, body: request, location: locationOf(request) }
    },
    async listMergeRequests({ organizationId, principal, params, query: { limit, status }, cursor }) {
      const [after] = cursor.after('string') ?? []
      const page = { limit: limit + 1, after }
      const rows = await reviews.list(organizationId, params.id, actorOf(principal), status, page)
      return { status: 200, body: pageOf(rows, { limit, cursor, item: (row) => row, position: ({ id }) => [id] }) }
    },
    async getMergeRequest({ organizationId, principal, params }) {
      return { status: 200, body: await reviews.get(organizationId, params.id, actorOf(principal), params.requestId) }
    },
    async closeMergeRequest({ organizationId, principal, params }) {
      return { status: 200, body: await reviews.close(organizationId, params.id, actorOf(principal), params.requestId) }
    },
    async previewMergeRequest({ organizationId, params }) {
      return { status: 200, body: await reviews.preview(organizationId, params.id, params.requestId) }
    },
    async reviewMergeRequest({ organizationId, principal, params, body }) {
      const by = actorOf(principal)
      return { status: 200, body: await reviews.review(organizationId, params.id, by, params.requestId, body) }
    },
    async mergeMergeRequest({ organizationId, principal, params, body }) {
      const by = actorOf(principal)
      return { status: 200, body: await reviews.merge(organizationId, params.id, by, params.requestId, body) }
    },
  }
}

function locationOf({ id, promptId }: MergeRequest): string {
  return `/prompts/${promptId}/merge-requests/${id}`
}

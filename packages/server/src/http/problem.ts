import { STATUS_CODES } from 'node:http'
import type { ErrorData } from '@fairlead/core/base'
import { FairleadError } from '@fairlead/core/base'
import type { Problem } from '@fairlead/core/contract'

/**
 * The HTTP status of every error that may reach a client, by its code. Rooms add theirs here; an error whose code is
 * missing is a defect, and answers 500 without its details.
 */
export const statusOfCode = {
  'http.malformed_json': 400,
  'http.malformed_url': 400,
  'http.too_deep': 400,
  'http.forbidden_key': 400,
  'http.unstorable_text': 400,
  'http.invalid_request': 400,
  'http.bad_cursor': 400,
  'http.bad_if_match': 400,
  'http.bad_idempotency_key': 400,
  'http.incomplete_body': 400,
  'http.not_found': 404,
  'http.method_not_allowed': 405,
  'http.body_timeout': 408,
  'http.idempotency_in_progress': 409,
  'http.precondition_failed': 412,
  'http.body_too_large': 413,
  'http.unsupported_media_type': 415,
  'http.idempotency_mismatch': 422,
  'http.precondition_required': 428,
  'http.rate_limited': 429,
  'http.internal': 500,
  'http.draining': 503,

  'auth.unauthenticated': 401,
  'auth.forbidden': 403,
  'auth.no_organization': 403,
  'auth.several_organizations': 403,
  'auth.user_required': 403,
  'auth.unavailable': 503,

  'tenant.not_found': 404,
  'tenant.organization_changed': 412,
  'tenant.slug_taken': 409,
  'tenant.last_owner': 409,
  'tenant.role_too_high': 403,
  'tenant.scope_too_wide': 403,
  'tenant.expiry_too_late': 403,
  'tenant.key_not_active': 409,
  'tenant.invitation_not_usable': 409,
  'tenant.email_mismatch': 403,

  'workflow.not_found': 404,
  'workflow.version_not_found': 404,
  'workflow.invalid': 422,
  'workflow.malformed': 400,
  'workflow.version_conflict': 412,
  'run.not_found': 404,
  'run.invalid_input': 422,
  'run.interrupt_not_found': 404,
  'run.interrupt_closed': 409,
  'run.invalid_answer': 422,
  'run.finished': 409,

  'prompt.not_found': 404,
  'prompt.version_not_found': 404,
  'prompt.key_taken': 409,
  'prompt.changed': 412,
  'prompt.archived': 409,
  'prompt.head_moved': 412,
  'prompt.invalid_resolution': 400,
  'prompt.ref_not_found': 404,
  'prompt.ref_exists': 412,
  'prompt.tag_exists': 409,
  'prompt.ambiguous_hash': 400,
  'prompt.merge_conflict': 409,
  'prompt.not_fast_forward': 409,
  'prompt.nothing_to_commit': 409,
  'prompt.no_parent': 422,
  'prompt.protected': 403,
  'prompt.bypass_refused': 403,
  'prompt.main_is_kept': 409,
  'prompt.rule_not_found': 404,
  'prompt.rule_changed': 412,
  'prompt.merge_request_not_found': 404,
  'prompt.merge_request_closed': 409,
  'prompt.merge_request_exists': 409,
  'prompt.head_not_seen': 409,
  'prompt.same_ref': 422,
  'prompt.unknown_parent': 422,
  'prompt.invalid_content': 400,
  'prompt.unknown_reference': 422,
  'prompt.dangling_reference': 409,
  'prompt.reference_cycle': 409,
  'prompt.reference_not_text': 422,
  'prompt.reference_too_deep': 422,
  'prompt.too_many_references': 422,
  'prompt.variable_conflict': 422,
  'prompt.invalid_variables': 400,
  'prompt.too_long': 422,
  'prompt.unknown_model': 422,
  'prompt.try_failed': 502,

  'analytics.price_not_found': 404,
  'analytics.price_exists': 409,
  'analytics.execution_not_found': 404,

  'experiment.not_found': 404,
  'experiment.metric_not_found': 404,
  'experiment.invalid': 422,
  'experiment.key_taken': 409,
  'experiment.changed': 412,
  'experiment.started': 409,
  'experiment.invalid_transition': 409,
  'experiment.unresolved_ref': 409,
  'experiment.prompt_under_test': 409,
  'experiment.sample_ratio_mismatch': 409,
  'experiment.harmful_winner': 409,
  'experiment.layer_not_found': 404,
  'experiment.layer_full': 409,
  'experiment.name_taken': 409,
  'experiment.looks_are_planned': 409,
  'experiment.holdout_not_found': 404,

  'database.unavailable': 503,
  'database.timeout': 503,
  'database.closed': 503,
  'database.unstorable_text': 400,
} as const satisfies Record<string, number>

export type ProblemCode = keyof typeof statusOfCode

/** A failure with headers that belong to its answer, such as `Retry-After`. */
export class HttpProblem extends FairleadError {
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: ProblemCode,
    detail: string,
    options: { data?: ErrorData; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(code, detail, options)
    this.name = 'HttpProblem'
    this.headers = options.headers ?? {}
  }
}

/** A failure to throw from a route. `data` becomes members of the answer; its `etag` becomes the ETag header. */
export function problem(
  code: ProblemCode,
  detail: string,
  options: { data?: ErrorData; headers?: Record<string, string>; cause?: unknown } = {},
): HttpProblem {
  return new HttpProblem(code, detail, options)
}

/** The status that a thrown value answers with: 500 for whatever was not thrown on purpose. */
export function statusOf(error: unknown): number {
  const table: Record<string, number> = statusOfCode
  return error instanceof FairleadError && Object.hasOwn(table, error.code) ? table[error.code]! : 500
}

const internalDetail = 'Something went wrong on the server. Report the request id to whoever runs it.'

/**
 * The answer to a failure, as RFC 9457 problem details. Of a server's fault it says its code only when that is meant for
 * clients, and never the stack, the cause or the data.
 */
export function toProblem(
  error: unknown,
  { requestId, instance }: { requestId: string; instance: string },
): {
  status: number
  headers: Record<string, string>
  body: Problem
} {
  const status = statusOf(error)
  const isMeant = error instanceof FairleadError && (status !== 500 || error.code === 'http.internal')
  const data = isMeant && status < 500 ? (error.data ?? {}) : {}
  const members = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code: isMeant ? error.code : 'http.internal',
    detail: isMeant ? error.message : internalDetail,
    instance,
    requestId,
  }
  return {
    status,
    headers: {
      ...(status === 503 && { 'Retry-After': '1' }),
      ...(typeof data.etag === 'string' && { ETag: `"${data.etag}"` }),
      ...(error instanceof HttpProblem && error.headers),
    },
    // Spread twice: first for the order, then because no fact may pass for what the members say.
    body: { ...members, ...data, ...members },
  }
}

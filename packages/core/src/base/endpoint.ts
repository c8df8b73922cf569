/** One HTTP endpoint as data, so that the SDK calls by it, the server routes by it and the tests iterate over it. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/api/v1`, parameters as `:name`. */
  path: `/${string}`
  /** What the caller must be allowed to do; `null` needs a valid credential only. */
  permission: Permission | null
  /** Answers carry an ETag, and `If-None-Match` is honoured. */
  etag?: boolean
  /**
   * `If-Match` is required: 428 without, 412 when stale. With `or-none` it may be `If-None-Match: *` instead, for what
   * must not exist yet.
   */
  ifMatch?: true | 'or-none'
  /** Answers with server-sent events. */
  stream?: boolean
  /** Asks for a person's own token and for no organization: what a person does before being a member. */
  identity?: 'user'
}

export const permissions = [
  'workflow:read',
  'workflow:write',
  'run:read',
  'run:execute',
  'run:resume',
  'prompt:read',
  'prompt:write',
  'prompt:try',
  /** Brings versions in under the names and times of their authors. */
  'prompt:import',
  /** Says how a check of a version went. */
  'prompt:check',
  /** Makes and changes what protects branches and labels. */
  'prompt:protect',
  'experiment:read',
  'experiment:write',
  /** Says who was shown which variant, and what was observed of whom. */
  'experiment:record',
  'analytics:read',
  /** Says how good a run or a model call was. */
  'score:write',
  'price:write',
  'member:read',
  'member:write',
  'key:read',
  'key:write',
  'token:write',
  'organization:read',
  'organization:write',
  /** Making and unmaking owners: without it an admin's key could make its admin an owner. */
  'owner:write',
] as const

export type Permission = (typeof permissions)[number]

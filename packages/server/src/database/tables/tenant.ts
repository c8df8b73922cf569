import type {
  Bytes,
  Generated,
  Json,
  JsonWithDefault,
  OptionalJson,
  OptionalTime,
  Time,
  TimeDefaultingToNow,
} from './column.ts'

/** Organizations, people, credentials, and what every room writes beside its own rows. */
export interface TenantTables {
  /** The server's own, for no organization to see. */
  server_secrets: {
    name: string
    value: Bytes
    created_at: TimeDefaultingToNow
  }
  organizations: {
    id: string
    slug: string
    name: string
    settings: JsonWithDefault
    /** Grows with every update: the ETag. */
    revision: Generated<number>
    created_at: TimeDefaultingToNow
    updated_at: TimeDefaultingToNow
  }
  users: {
    id: string
    /** As the issuer gives it; null when it gives none. */
    email: string | null
    name: string | null
    issuer: string
    subject: string
    created_at: TimeDefaultingToNow
    last_seen_at: OptionalTime
  }
  memberships: {
    organization_id: string
    user_id: string
    role: 'owner' | 'admin' | 'editor' | 'viewer'
    created_at: TimeDefaultingToNow
  }
  invitations: {
    organization_id: string
    id: string
    email: string
    role: 'owner' | 'admin' | 'editor' | 'viewer'
    token_hash: Bytes
    invited_by: string | null
    created_at: TimeDefaultingToNow
    expires_at: Time
    accepted_at: OptionalTime
    accepted_by: string | null
    revoked_at: OptionalTime
  }
  api_keys: {
    organization_id: string
    id: string
    name: string
    environment: 'live' | 'test'
    secret_hash: Bytes
    scopes: string[]
    created_by: string | null
    created_at: TimeDefaultingToNow
    expires_at: OptionalTime
    revoked_at: OptionalTime
    last_used_at: OptionalTime
    /** The key that this one was rotated from. */
    replaces_key_id: string | null
  }
  idempotency_keys: {
    organization_id: string
    principal: string
    key: string
    method: string
    path: string
    request_hash: Bytes
    state: 'running' | 'done'
    response_status: number | null
    response_headers: OptionalJson
    response_body: string | null
    created_at: TimeDefaultingToNow
    expires_at: Time
  }
  audit_log: {
    organization_id: string
    id: string
    at: TimeDefaultingToNow
    actor_kind: string
    actor_id: string | null
    action: string
    subject_kind: string
    subject_id: string | null
    data: JsonWithDefault
  }
  outbox: {
    organization_id: string
    id: Generated<number>
    /** The writing transaction, by which consumers read without gaps; see outbox.ts. */
    transaction_id: Generated<string>
    topic: string
    key: string
    payload: Json
    created_at: TimeDefaultingToNow
  }
  outbox_cursors: {
    consumer: string
    transaction_id: Generated<string>
    id: Generated<number>
    updated_at: TimeDefaultingToNow
  }
}

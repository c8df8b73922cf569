import type { Role } from './roles.ts'
import { roleOf } from './roles.ts'
import type { Tables } from './tables.ts'

type Command = 'select' | 'insert' | 'update' | 'delete'
/** What a role may do with a table: the whole row, or just these columns of it. */
type Access = { [command in Command]?: 'row' | readonly string[] }

interface TableAccess {
  /** In one organization's scope. */
  app: Access
  /** Across organizations: key lookup, sign-in, claims, retention, outbox, and nothing else. */
  system: Access
}

const read = { select: 'row' } as const
const append = { select: 'row', insert: 'row' } as const
const change = { select: 'row', insert: 'row', update: 'row' } as const
const everything = { select: 'row', insert: 'row', update: 'row', delete: 'row' } as const
const nothing = {} as const

/** Retention finds rows by key and age, and deletes them without reading what is in them. */
const expire = (...columns: string[]) => ({ select: ['organization_id', ...columns], delete: 'row' }) as const

/**
 * Who may do what, completely: grants and row-level security policies are made from this and from nothing else, anew
 * with every migration that finds it changed.
 */
export const access: Record<keyof Tables, TableAccess> = {
  server_secrets: { app: nothing, system: append },
  organizations: {
    app: { select: 'row', update: ['name', 'settings', 'revision', 'updated_at'] },
    system: append,
  },
  users: { app: read, system: change },
  memberships: { app: everything, system: append },
  invitations: { app: change, system: { select: 'row', update: ['accepted_at', 'accepted_by'] } },
  api_keys: { app: change, system: { select: 'row', update: ['last_used_at'] } },
  idempotency_keys: { app: everything, system: expire('principal', 'key', 'expires_at') },
  audit_log: { app: append, system: expire('id', 'at') },
  outbox: { app: { insert: 'row' }, system: { select: 'row', update: ['transaction_id'], delete: 'row' } },
  outbox_cursors: { app: nothing, system: everything },

  workflows: { app: change, system: nothing },
  workflow_versions: { app: append, system: nothing },
  workflow_runs: {
    app: change,
    system: {
      select: 'row',
      update: [
        'status',
        'lease_owner',
        'lease_expires_at',
        'attempt',
        'takeovers',
        'available_at',
        'started_at',
        'updated_at',
      ],
      delete: 'row',
    },
  },
  run_journal: { app: append, system: expire('run_id') },
  run_events: { app: append, system: expire('run_id', 'at') },
  run_interrupts: { app: change, system: expire('run_id', 'address', 'status', 'due_at', 'on_due') },
  run_snapshots: { app: everything, system: expire('run_id', 'created_at') },
  run_snapshot_writes: { app: everything, system: expire('run_id') },
  workers: { app: everything, system: expire('id', 'last_seen_at') },

  prompts: { app: change, system: nothing },
  prompt_versions: { app: append, system: nothing },
  prompt_refs: { app: everything, system: nothing },
  prompt_ref_log: { app: append, system: nothing },
  prompt_protection_rules: { app: everything, system: nothing },
  prompt_merge_requests: { app: change, system: nothing },
  prompt_approvals: { app: change, system: nothing },
  prompt_checks: { app: change, system: nothing },

  ab_layers: { app: change, system: nothing },
  ab_holdouts: { app: everything, system: nothing },
  ab_tests: {
    app: change,
    system: {
      select: [
        'organization_id',
        'id',
        'status',
        'start_date',
        'end_date',
        'archived_at',
        'completed_at',
        'promotion',
        'winner_variant_id',
      ],
    },
  },
  ab_variants: { app: everything, system: nothing },
  ab_epochs: { app: append, system: nothing },
  ab_history: { app: append, system: nothing },
  ab_assignments: { app: change, system: nothing },
  ab_exposures: { app: append, system: nothing },
  ab_unit_counts: { app: change, system: nothing },
  ab_observations: { app: append, system: nothing },
  ab_unit_statistics: { app: everything, system: nothing },
  ab_arm_statistics: { app: change, system: nothing },
  ab_arm_buckets: { app: change, system: nothing },
  ab_results: { app: append, system: nothing },

  executions: { app: append, system: expire('id') },
  model_prices: { app: everything, system: nothing },
  scores: { app: everything, system: nothing },
}

/** One row of `pg_policies`, before Postgres has rewritten the condition. */
export interface Policy {
  name: string
  table: keyof Tables
  role: Role
  command: Command
  /** The rows that it is about. */
  condition: string
}

// A setting that was local to a transaction reads as '' afterwards, which is no uuid.
const organization = `nullif(current_setting('app.organization_id', true), '')::uuid`

/** Tables whose rows are an organization's for another reason than their `organization_id`. */
const ownRows: Partial<Record<keyof Tables, string>> = {
  organizations: `id = ${organization}`,
  users: `exists (select from memberships where user_id = users.id and organization_id = ${organization})`,
}

/** Every policy there is; the database has no other. */
export const policies: readonly Policy[] = eachAccess().flatMap(({ table, role, allowed }) =>
  (Object.keys(allowed) as Command[]).map((command) => ({
    name: `${table}_${role === roleOf.app ? 'app' : 'system'}_${command}`,
    table,
    role,
    command,
    condition: role === roleOf.system ? 'true' : (ownRows[table] ?? `organization_id = ${organization}`),
  })),
)

/** The statements that make the grants; policies decide about rows, grants about tables and columns. */
export const grants: readonly string[] = eachAccess().flatMap(({ table, role, allowed }) =>
  Object.entries(allowed).map(([command, columns]) => {
    const list = columns === 'row' ? '' : ` (${columns.join(', ')})`
    return `grant ${command}${list} on ${table} to ${role}`
  }),
)

function eachAccess(): { table: keyof Tables; role: Role; allowed: Access }[] {
  return (Object.keys(access) as (keyof Tables)[]).flatMap((table) => [
    { table, role: roleOf.app, allowed: access[table].app },
    { table, role: roleOf.system, allowed: access[table].system },
  ])
}

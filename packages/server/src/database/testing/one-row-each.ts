import { createId } from '@fairlead/core/base'
import { sql } from 'kysely'
import type { Database } from '../database.ts'
import type { Tables } from '../tables.ts'

export const newId = () => createId(Date.now, (bytes) => crypto.getRandomValues(bytes))

/** An organization without anything, made the way a provisioning service does it. */
export async function createOrganization(database: Database, id = newId()): Promise<string> {
  const row = { id, slug: `o-${id}`, name: 'Acme' }
  await database.withSystem((db) => db.insertInto('organizations').values(row).execute())
  return id
}

/** A person who belongs to no organization yet. */
async function createUser(database: Database, id = newId()): Promise<string> {
  const row = { id, email: `${id}@example.com`, issuer: 'https://id.example', subject: id }
  await database.withSystem((db) => db.insertInto('users').values(row).execute())
  return id
}

/** An organization with one row in each of its tables, written in its own scope. */
export async function createOneRowEach(database: Database): Promise<string> {
  const organization_id = await createOrganization(database)
  const user_id = await createUser(database)
  await database.withOrganization(organization_id, async (db) => {
    for (const [table, columns] of Object.entries(rowOfEach(user_id))) {
      const row = Object.entries({ organization_id, ...columns })
      const names = row.map(([name]) => sql.ref(name))
      const values = row.map(([, value]) => sql`${value}`)
      await sql`insert into ${sql.table(table)} (${sql.join(names)}) values (${sql.join(values)})`.execute(db)
    }
  })
  return organization_id
}

type TenantTable = Exclude<keyof Tables, 'organizations' | 'users' | 'outbox_cursors' | 'server_secrets'>

const bytes = Buffer.from([0, 1, 254, 255])
const time = new Date('2026-01-01T00:00:00.000Z')
const json = JSON.stringify({ a: [1, 'two', null] })

/** Without their organization, in the order of their foreign keys. */
function rowOfEach(user_id: string): Record<TenantTable, Record<string, unknown>> {
  const id = newId()
  const [workflow_id, run_id, prompt_id, version_id, test_id, variant_id] = Array.from({ length: 6 }, newId)
  const run = { run_id, address: 'draft', node_id: 'draft' }
  const ref = { prompt_id, kind: 'branch', name: 'main' }
  const expiry = { created_at: time, expires_at: time }
  return {
    memberships: { user_id, role: 'owner' },
    invitations: { id, email: 'a@example.com', role: 'viewer', token_hash: bytes, ...expiry },
    api_keys: { id, name: 'key', environment: 'test', secret_hash: bytes, scopes: ['workflow:read'] },
    idempotency_keys: {
      principal: 'p',
      key: 'k',
      method: 'POST',
      path: '/',
      request_hash: bytes,
      state: 'done',
      ...expiry,
    },
    audit_log: { id, actor_kind: 'user', action: 'created', subject_kind: 'organization' },
    outbox: { topic: 'run.completed', key: run_id, payload: json },
    workflows: { id: workflow_id, name: 'Triage', latest_version: 1 },
    workflow_versions: { workflow_id, version: 1, definition: json, content_hash: bytes },
    workflow_runs: { id: run_id, workflow_id, workflow_version: 1, input: json, created_by_kind: 'user' },
    run_journal: {
      ...run,
      status: 'completed',
      attempts: 1,
      started_at: time,
      finished_at: time,
      recorded_by_attempt: 1,
    },
    run_events: { run_id, seq: 1, type: 'run.started', payload: json },
    run_interrupts: { ...run, request: json },
    run_snapshots: {
      ...{ run_id, checkpoint_ns: '', checkpoint_id: '1', checkpoint_type: 'json', checkpoint: bytes },
      ...{ metadata_type: 'json', metadata: bytes },
    },
    run_snapshot_writes: {
      ...{ run_id, checkpoint_ns: '', checkpoint_id: '1', task_id: 't', idx: 0, channel: 'c' },
      ...{ value_type: 'json', value: bytes },
    },
    workers: { id: 'worker-1', kind: 'application', catalog: json },
    prompts: { id: prompt_id, key: 'greeting', name: 'Greeting' },
    prompt_versions: {
      ...{ id: version_id, prompt_id, version_number: 1, content: 'Hello', content_hash: bytes, commit_hash: bytes },
      ...{ author_name: 'A', author_email: 'a@example.com', committed_at: time },
    },
    prompt_refs: { ...ref, version_id },
    prompt_ref_log: { ...ref, new_version_id: version_id },
    prompt_protection_rules: { id, ref_kind: 'branch', pattern: 'main' },
    prompt_merge_requests: {
      ...{ id, prompt_id, source_ref: 'draft', target_kind: 'branch', target_ref: 'main', source_head: version_id },
    },
    prompt_approvals: { merge_request_id: id, version_id, user_id, verdict: 'approved' },
    prompt_checks: { version_id, name: 'evaluation', state: 'passed' },
    ...rowsOfTests({ id, prompt_id: prompt_id!, test_id: test_id!, variant_id: variant_id! }),
    executions: { id, kind: 'prompt', model: 'm', status: 'succeeded', latency_ms: 12, started_at: time },
    model_prices: {
      ...{ id, model: 'm', valid_from: time, input_nano_usd_per_million: 1, cached_input_nano_usd_per_million: 1 },
      ...{ cache_write_nano_usd_per_million: 1, output_nano_usd_per_million: 1, reasoning_nano_usd_per_million: 1 },
    },
    scores: { id, name: 'helpful', value: 0.5, source: 'api', created_by_kind: 'key' },
  }
}

/** Those of A/B tests. */
function rowsOfTests({
  id,
  prompt_id,
  test_id,
  variant_id,
}: Record<'id' | 'prompt_id' | 'test_id' | 'variant_id', string>) {
  const arm = { test_id, variant_id, epoch: 1 }
  return {
    ab_layers: { id, name: 'Checkout', seed: 1 },
    ab_holdouts: { id, name: 'Nobody', seed: 1, percentage: '5' },
    ab_tests: { id: test_id, key: 'tone', name: 'Tone' },
    ab_variants: { id: variant_id, test_id, name: 'A', prompt_id },
    ab_epochs: { test_id, epoch: 1, weights: json, slots: bytes },
    ab_history: { test_id, seq: 1, action: 'started', actor_kind: 'user' },
    ab_assignments: { id, test_id, variant_id, session_id: 'session' },
    ab_exposures: { ...arm, session_id: 'session' },
    ab_unit_counts: arm,
    ab_observations: { test_id, observation_id: 'o', session_id: 'session', metric_name: 'score', value: 0.1 },
    ab_unit_statistics: { ...arm, session_id: 'session', metric_name: 'score', n: 1, x: '0.1', xx: '0.01' },
    ab_arm_statistics: {
      ...{ ...arm, metric_name: 'score', units: 1, n: '1', x: '0.1', nn: '1', nx: '0.1', xx: '0.01' },
      ...{ observed_xx: '0.01', positive: 1, log: '-2.3', loglog: '5.29' },
    },
    ab_arm_buckets: { ...arm, metric_name: 'score', bucket: -115, count: 1 },
    ab_results: { id, test_id, variant_id, metric_name: 'score', metric_value: '0.123456789012345678', sample_size: 3 },
  }
}

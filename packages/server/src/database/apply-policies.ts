import { createHash } from 'node:crypto'
import type { Policy } from './policies.ts'
import { access, grants, policies } from './policies.ts'
import { roleOf } from './roles.ts'
import type { Scope } from './scope.ts'

const roles = Object.values(roleOf).join(', ')

/**
 * Makes the database's grants and policies those of policies.ts, whatever they were; does nothing when they are already.
 * Runs in the migration's transaction, so nobody ever sees a table without its policies.
 */
export async function applyPolicies(scope: Scope): Promise<void> {
  const statements = allStatements()
  const hash = createHash('sha256').update(statements).digest('hex')
  await scope.run('create table if not exists applied_policies (hash text primary key)')
  const { rows } = await scope.run('select hash from applied_policies')
  if (rows[0]?.hash === hash) return
  for (const { tablename, policyname } of await existingPolicies(scope)) {
    await scope.run(`drop policy "${policyname}" on "${tablename}"`)
  }
  await scope.run(statements)
  await scope.run('delete from applied_policies')
  await scope.run('insert into applied_policies (hash) values ($1)', [hash])
}

async function existingPolicies(scope: Scope): Promise<{ tablename: string; policyname: string }[]> {
  const { rows } = await scope.run(
    'select tablename, policyname from pg_policies where schemaname = current_schema() and tablename = any($1)',
    [Object.keys(access)],
  )
  return rows.map(({ tablename, policyname }) => ({ tablename: String(tablename), policyname: String(policyname) }))
}

function allStatements(): string {
  const tables = Object.keys(access)
  return [
    ...tables.map((table) => `revoke all on ${table} from public, ${roles}`),
    ...tables.map((table) => `alter table ${table} enable row level security, force row level security`),
    ...grants,
    ...policies.map(createPolicy),
    `grant select on kysely_migration to ${roleOf.system}`,
  ].join(';\n')
}

function createPolicy({ name, table, role, command, condition }: Policy): string {
  const using = command === 'insert' ? '' : ` using (${condition})`
  const check = command === 'insert' || command === 'update' ? ` with check (${condition})` : ''
  return `create policy ${name} on ${table} for ${command} to ${role}${using}${check}`
}

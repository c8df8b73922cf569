import { FairleadError } from '@fairlead/core/base'
import { sqlState } from './failure.ts'
import { runScope } from './scope.ts'
import type { Backend, Login } from './session.ts'

/** The roles that row-level security knows. Neither can log in by itself, and neither bypasses a policy. */
export const roleOf = { app: 'fairlead_app', system: 'fairlead_system' } as const

export type Role = (typeof roleOf)[keyof typeof roleOf]

/** Two processes that make the same role at once: one of them gets one of these, and the role is there. */
const raceStates = new Set(['42710', '23505', 'XX000'])
const insufficientPrivilege = '42501'
const attempts = 5
const ownerScope = { login: 'owner', organizationId: null } as const

/**
 * Creates the roles where they are missing and lets the owner take them on. Roles belong to the whole cluster, so other
 * databases' migrations may be doing the same at this moment. Throws `database.roles_missing`, with the SQL to run, when
 * the owner may not.
 */
export async function ensureRoles(backend: Backend): Promise<void> {
  const { owner, version } = await whoOwns(backend)
  for (const role of Object.values(roleOf)) {
    if (!(await asOwner(backend, `select from pg_roles where rolname = '${role}'`))) {
      await attempt(backend, owner, `create role ${role} nologin`)
    }
    const membership = version >= 160_000 ? 'SET' : 'MEMBER'
    if (!(await asOwner(backend, `select where pg_has_role(current_user, '${role}', '${membership}')`))) {
      const options = version >= 160_000 ? ' with inherit false, set true' : ''
      await attempt(backend, owner, `grant ${role} to current_user${options}`)
    }
  }
}

/** Throws `database.login_without_role` when a login of its own does not have the role that it stands for. */
export async function checkLogin(backend: Backend, login: Exclude<Login, 'owner'>): Promise<void> {
  const role = roleOf[login]
  const { rows } = await runScope(backend, { login, organizationId: null }, (scope) =>
    scope.run(`select session_user as login, pg_has_role(current_user, '${role}', 'USAGE') as ok`),
  )
  if (rows[0]!.ok) return
  const name = String(rows[0]!.login)
  throw new FairleadError('database.login_without_role', `Run this as an administrator: GRANT ${role} TO "${name}";`, {
    data: { login: name, role },
  })
}

async function whoOwns(backend: Backend): Promise<{ owner: string; version: number }> {
  const { rows } = await runScope(backend, ownerScope, (scope) =>
    scope.run(`select current_user::text as owner, current_setting('server_version_num')::int as version`),
  )
  return { owner: String(rows[0]!.owner), version: Number(rows[0]!.version) }
}

async function asOwner(backend: Backend, text: string): Promise<boolean> {
  const { rows } = await runScope(backend, ownerScope, (scope) => scope.run(text))
  return rows.length > 0
}

async function attempt(backend: Backend, owner: string, statement: string): Promise<void> {
  for (let left = attempts; left > 0; left--) {
    try {
      await asOwner(backend, statement)
      return
    } catch (error) {
      const state = sqlState(error)
      if (state === '42710') return
      if (state === insufficientPrivilege) throw rolesMissing(owner, error)
      if (!raceStates.has(state ?? '') || left === 1) throw error
    }
  }
}

function rolesMissing(owner: string, cause: unknown): FairleadError {
  const roles = Object.values(roleOf)
  const statements = [
    ...roles.map((role) => `CREATE ROLE ${role} NOLOGIN;`),
    `GRANT ${roles.join(', ')} TO "${owner}";`,
  ]
  return new FairleadError(
    'database.roles_missing',
    `"${owner}" may not create the roles of row-level security. Run this as an administrator, leaving out roles that ` +
      `exist, then start again: ${statements.join(' ')}`,
    { data: { owner, statements }, cause },
  )
}

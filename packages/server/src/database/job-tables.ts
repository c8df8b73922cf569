import { roleOf } from './roles.ts'
import type { Scope } from './scope.ts'

/** Where pg-boss keeps its tables. */
const jobSchema = 'pgboss'

/**
 * Creates pg-boss's schema and tables, in the owner's scope. They belong to the system role: pg-boss may do what it
 * likes there, also migrate itself, and has no right to anything else; organizations can't even look.
 */
export async function ensureJobTables(scope: Scope): Promise<void> {
  const { rows } = await scope.run(`select to_regclass('${jobSchema}.version') is not null as exists`)
  if (rows[0]!.exists) return
  const schemas = await scope.run(`select from pg_namespace where nspname = '${jobSchema}'`)
  if (schemas.rows.length === 0) await scope.run(`create schema ${jobSchema} authorization ${roleOf.system}`)
  // Loaded on demand: most starts find the tables there.
  const { getConstructionPlans } = await import('pg-boss')
  const tables = withoutTransaction(getConstructionPlans(jobSchema, { createSchema: false }))
  await scope.run(`set local role ${roleOf.system};${tables};set local role none`)
}

/** pg-boss brings its own BEGIN and COMMIT where it sends several statements; a scope has both already. */
export function withoutTransaction(text: string): string {
  return text.replace(/^\s*BEGIN\s*;/i, '').replace(/\bCOMMIT\s*;?\s*$/i, '')
}

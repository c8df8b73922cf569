import type { Transaction } from 'kysely'
import type { AnalyticsTables } from './tables/analytics.ts'
import type { ExperimentTables } from './tables/experiment.ts'
import type { PromptTables } from './tables/prompt.ts'
import type { TenantTables } from './tables/tenant.ts'
import type { WorkflowTables } from './tables/workflow.ts'

/**
 * Every table of the control plane, by its SQL names. Both back ends give the same JavaScript values: `bigint` as a
 * number (refused when unsafe), `timestamptz` as a Date, `json` parsed, `bytea` as a Buffer, `numeric` as text.
 */
export interface Tables extends TenantTables, WorkflowTables, PromptTables, ExperimentTables, AnalyticsTables {}

/** The query builder inside a scope: a transaction that is already open. */
export type ScopedDb = Transaction<Tables>

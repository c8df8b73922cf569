import type { Migration } from 'kysely/migration'
import * as tenant from './0001-tenant.ts'
import * as workflow from './0002-workflow.ts'
import * as prompt from './0003-prompt.ts'
import * as experiment from './0004-experiment.ts'
import * as analytics from './0005-analytics.ts'

/** In order, by name; imported statically, so that a bundle holds them. A name that has shipped never changes. */
export const migrations: Record<string, Migration> = {
  '0001-tenant': tenant,
  '0002-workflow': workflow,
  '0003-prompt': prompt,
  '0004-experiment': experiment,
  '0005-analytics': analytics,
}

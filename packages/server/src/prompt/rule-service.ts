import { FairleadError } from '@fairlead/core/base'
import type { ProtectionRule } from '@fairlead/core/prompt'
import type { Database, ScopedDb } from '../database/index.ts'
import type { Actor } from './actor.ts'
import { toRule } from './review-record.ts'
import * as reviews from './review-store.ts'
import { requirePrompt } from './select.ts'
import type { Keyset } from './store.ts'

export interface RuleServiceParts {
  database: Database
  createId: () => string
  /** Remembers who changed what is protected, in the same transaction. */
  audit: (
    db: ScopedDb,
    organizationId: string,
    entry: { by: Actor; action: string; ruleId: string; data: Record<string, unknown> },
  ) => Promise<void>
}

export type RuleFields = Omit<ProtectionRule, 'id' | 'createdAt' | 'updatedAt'>

/** The rules that protect refs. Their ETag is the time of their last change. */
export class RuleService {
  readonly #parts: RuleServiceParts

  constructor(parts: RuleServiceParts) {
    this.#parts = parts
  }

  list(organizationId: string, page: Keyset<string>): Promise<ProtectionRule[]> {
    return this.#within(organizationId, async (db) => (await reviews.listRules(db, page)).map(toRule))
  }

  get(organizationId: string, id: string): Promise<ProtectionRule> {
    return this.#within(organizationId, async (db) => toRule(await requireRule(db, id)))
  }

  create(organizationId: string, by: Actor, fields: RuleFields): Promise<ProtectionRule> {
    return this.#within(organizationId, async (db) => {
      const id = this.#parts.createId()
      const row = { organization_id: organizationId, id, ...(await columnsOf(db, fields)) }
      const rule = toRule(await reviews.insertRule(db, row))
      await this.#parts.audit(db, organizationId, { by, action: 'protection.create', ruleId: id, data: { rule } })
      return rule
    })
  }

  /** Throws `prompt.rule_changed` when the rule is not as its tag says any more. */
  update(organizationId: string, by: Actor, id: string, tag: string, fields: RuleFields): Promise<ProtectionRule> {
    return this.#within(organizationId, async (db) => {
      const before = toRule(await requireRule(db, id))
      const changed = await reviews.updateRule(db, id, timeOf(tag), await columnsOf(db, fields))
      if (!changed) throw await ruleChanged(db, id)
      const rule = toRule(changed)
      await this.#parts.audit(db, organizationId, {
        by,
        action: 'protection.update',
        ruleId: id,
        data: { before, rule },
      })
      return rule
    })
  }

  remove(organizationId: string, by: Actor, id: string, tag: string): Promise<void> {
    return this.#within(organizationId, async (db) => {
      const before = toRule(await requireRule(db, id))
      if (!(await reviews.deleteRule(db, id, timeOf(tag)))) throw await ruleChanged(db, id)
      await this.#parts.audit(db, organizationId, { by, action: 'protection.delete', ruleId: id, data: { before } })
    })
  }

  #within<T>(organizationId: string, work: (db: ScopedDb) => Promise<T>): Promise<T> {
    return this.#parts.database.withOrganization(organizationId, work)
  }
}

/** A rule's ETag. */
export function tagOfRule({ updatedAt }: Pick<ProtectionRule, 'updatedAt'>): string {
  return updatedAt
}

/** A tag that is no time is that of no rule. */
function timeOf(tag: string): Date {
  const time = new Date(tag)
  return Number.isNaN(time.getTime()) ? new Date(0) : time
}

async function columnsOf(db: ScopedDb, fields: RuleFields) {
  return {
    prompt_id: fields.promptId === null ? null : (await requirePrompt(db, fields.promptId)).id,
    ref_kind: fields.refKind,
    pattern: fields.pattern,
    no_direct_commit: fields.noDirectCommit,
    required_approvals: fields.requiredApprovals,
    dismiss_stale: fields.dismissStale,
    author_may_approve: fields.authorMayApprove,
    linear_history: fields.linearHistory,
    required_checks: fields.requiredChecks,
    allow_reset: fields.allowReset,
    bypass_roles: fields.bypassRoles,
    include_admins: fields.includeAdmins,
  }
}

async function requireRule(db: ScopedDb, id: string): Promise<reviews.RuleRow> {
  const row = /^[0-9a-f-]{36}$/i.test(id) ? await reviews.findRule(db, id) : undefined
  if (row) return row
  throw new FairleadError('prompt.rule_not_found', `There is no protection rule "${id}".`)
}

async function ruleChanged(db: ScopedDb, id: string): Promise<FairleadError> {
  const current = toRule(await requireRule(db, id))
  return new FairleadError('prompt.rule_changed', 'The rule has been changed since. Read it again and send its ETag.', {
    data: { current: { ...current }, etag: tagOfRule(current) },
  })
}

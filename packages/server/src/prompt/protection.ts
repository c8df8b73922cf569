import { FairleadError } from '@fairlead/core/base'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { Actor } from './actor.ts'
import type { CheckSource } from './ports.ts'
import type { Ruled } from './protection-facts.ts'
import { ProtectionFacts } from './protection-facts.ts'
import type { RefKind } from './ref-store.ts'
import type { RuleRow } from './review-store.ts'
import * as reviews from './review-store.ts'
import type { PromptRow, VersionRow } from './store.ts'

/** A change of a ref, as protection sees it. */
export interface RefChange {
  prompt: PromptRow
  kind: RefKind
  name: string
  /** Null where the ref is made. */
  from: VersionRow | null
  /** Null where it is removed. */
  to: VersionRow | null
  by: Actor
  /** The merge request that it comes by. */
  request?: MergedRequest | undefined
  /** Whether `to` is to be merged into `from`, as a request would do it, unless it may simply take its place. */
  isMerge?: boolean
}

export interface MergedRequest {
  id: string
  /** Of whoever opened it. */
  responsibleUserId: string | null
  sourceHead: VersionRow
  /** Whoever merges it says themselves what comes of it, in conflicts or altogether. */
  isRewritten: boolean
}

/** What a rule asks for and is not there. */
export interface Violation {
  /** The id of the rule. */
  rule: string
  requirement: 'merge_request' | 'approvals' | 'changes_requested' | 'linear_history' | 'check' | 'reset'
  message: string
}

/** A rule, and what it misses. */
export interface Judged {
  rule: RuleRow
  found: Violation[]
}

/** What protects refs: every move is judged here, in its transaction. */
export class Protection {
  readonly #checks: ReadonlyMap<string, CheckSource>

  constructor(checks: readonly CheckSource[]) {
    this.#checks = new Map(checks.map((source) => [source.checkName, source]))
  }

  /**
   * Throws `prompt.protected` with what is missing. With a reason to pass over it, answers what was passed over, or throws
   * `prompt.bypass_refused` where a rule does not let this person.
   */
  async assertAllowed(db: Kysely<Tables>, change: RefChange, bypass: string | undefined): Promise<Violation[]> {
    const [judged = []] = await this.judge(db, change.prompt, [change])
    const violations = judged.flatMap(({ found }) => found)
    if (violations.length === 0) return []
    if (bypass === undefined) throw refused(change, violations)
    const strict = judged.filter(({ rule, found }) => found.length > 0 && !mayPassOver(rule, change.by))
    if (strict.length === 0) return violations
    const message = `The protection of the ${change.kind} "${change.name}" is not yours to pass over: ${violations[0]!.message}.`
    throw new FairleadError('prompt.bypass_refused', message, { data: { violations: plain(violations) } })
  }

  /** Of each change by rule what it misses. */
  async judge(db: Kysely<Tables>, prompt: PromptRow, changes: readonly RefChange[]): Promise<Judged[][]> {
    if (changes.length === 0) return []
    const kinds = [...new Set(changes.map(({ kind }) => kind))]
    const rules = await reviews.listRulesFor(db, prompt.id, kinds)
    const ruled = changes.map((change): Ruled => {
      const fits = ({ ref_kind, pattern }: RuleRow) => ref_kind === change.kind && matches(pattern, change.name)
      return { change, rules: rules.filter(fits) }
    })
    if (ruled.every((each) => each.rules.length === 0)) return ruled.map(() => [])
    const facts = await ProtectionFacts.load(db, prompt, ruled, this.#checks)
    return ruled.map(({ change, rules }) =>
      rules.map((rule) => ({
        rule,
        found: [
          ...judgeWay(rule, change, facts),
          ...judgeReview(rule, change, facts),
          ...this.#judgeChecks(rule, change, facts),
        ],
      })),
    )
  }

  #judgeChecks(rule: RuleRow, change: RefChange, facts: ProtectionFacts): Violation[] {
    const { from, to, isMerge } = change
    if (!to) return []
    const isMade = isMerge && from !== null && !facts.isBehind(from, to)
    return rule.required_checks.flatMap((name): Violation[] => {
      if (!isMade && facts.isMet(name, change)) return []
      const demand = this.#checks.get(name)?.demand
      const message = isMade
        ? `the check "${name}" can't have passed for what the merge makes: merge the target into the source first`
        : `the check "${name}" has not passed for this content${demand === undefined ? '' : `: ${demand}`}`
      return [{ rule: rule.id, requirement: 'check', message }]
    })
  }
}

function judgeWay(rule: RuleRow, change: RefChange, facts: ProtectionFacts): Violation[] {
  const { from, to, request } = change
  const missing = (requirement: Violation['requirement'], message: string) => [{ rule: rule.id, requirement, message }]
  const leavesBehind = from !== null && !change.isMerge && (to === null || !facts.isBehind(from, to))
  const found: Violation[] = []
  if (rule.no_direct_commit && !request) found.push(...missing('merge_request', 'it moves by merge requests only'))
  if (leavesBehind && !rule.allow_reset)
    found.push(...missing('reset', to === null ? 'it may not be removed' : 'it may not leave versions behind'))
  if (rule.linear_history && to !== null && bringsMerge(facts, from, to))
    found.push(...missing('linear_history', 'its history is linear: squash, or fast-forward'))
  return found
}

function judgeReview(rule: RuleRow, change: RefChange, facts: ProtectionFacts): Violation[] {
  if (rule.required_approvals === 0) return []
  const { request, to } = change
  const needed = rule.required_approvals
  const missing = (requirement: Violation['requirement'], message: string) => [{ rule: rule.id, requirement, message }]
  if (!to) return missing('approvals', 'it may not be removed, as no approval is for that')
  if (!request) return missing('approvals', `it needs a merge request with ${counted(needed)}`)
  const authors = rule.author_may_approve ? new Set<string>() : facts.authorsOf(change)
  const head = request.sourceHead.id
  const given = facts.approvalsOf(request.id).filter(({ version_id }) => version_id === head || !rule.dismiss_stale)
  // The last word of each person counts.
  const verdicts = new Map(given.map(({ user_id, verdict }) => [user_id, verdict]))
  const found: Violation[] = []
  if ([...verdicts.values()].includes('changes_requested'))
    found.push(...missing('changes_requested', 'somebody has asked for changes'))
  const approvals = [...verdicts].filter(([user, verdict]) => verdict === 'approved' && !authors.has(user)).length
  if (approvals < needed) {
    const whose = rule.author_may_approve ? '' : ' by others'
    found.push(...missing('approvals', `it needs ${counted(needed)}${whose}, and has ${approvals}`))
  }
  if (request.isRewritten) {
    const way = 'merge the target into the source, resolve it there, and have that approved'
    found.push(...missing('approvals', `nobody has approved the content or the resolutions that were sent: ${way}`))
  }
  return found
}

function counted(approvals: number): string {
  return approvals === 1 ? '1 approval' : `${approvals} approvals`
}

function mayPassOver({ bypass_roles, include_admins }: RuleRow, { role }: Actor): boolean {
  if (role === null) return false
  return bypass_roles.includes(role) || (!include_admins && (role === 'owner' || role === 'admin'))
}

/** `*` stands for any characters. */
function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*')
  const [first] = parts
  if (parts.length === 1) return first === name
  const last = parts.at(-1)!
  if (!name.startsWith(first!) || !name.endsWith(last) || name.length < first!.length + last.length) return false
  let at = first!.length
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= name.length - last.length
}

/** Whether a version with two parents comes onto the ref that was not behind it before. */
function bringsMerge(facts: ProtectionFacts, from: VersionRow | null, to: VersionRow): boolean {
  return [...facts.brought(from, to)].some((id) => (facts.edges.parents.get(id)?.length ?? 0) > 1)
}

function refused({ kind, name, to, request }: RefChange, violations: readonly Violation[]): FairleadError {
  const reasons = [...new Set(violations.map(({ message }) => message))].join('; ')
  const isAbout = ({ requirement }: Violation) => requirement === 'merge_request' || requirement === 'approvals'
  const lacksRequest = !request && to !== null && violations.some(isAbout)
  const advice = lacksRequest ? ' Open one with POST /api/v1/prompts/:id/merge-requests.' : ''
  return new FairleadError('prompt.protected', `The ${kind} "${name}" is protected: ${reasons}.${advice}`, {
    data: { violations: plain(violations) },
  })
}

function plain(violations: readonly Violation[]) {
  return violations.map((violation) => ({ ...violation }))
}

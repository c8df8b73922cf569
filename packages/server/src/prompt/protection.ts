import { FairleadError } from '@fairlead/core/base'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { Actor } from './actor.ts'
import type { Edges } from './history-store.ts'
import { ancestorsOf, isAncestor, loadEdges } from './history-store.ts'
import type { CheckSource } from './ports.ts'
import { hex } from './record.ts'
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
    const judged = await this.judge(db, change)
    const violations = judged.flatMap(({ found }) => found)
    if (violations.length === 0) return []
    if (bypass === undefined) throw refused(change, violations)
    const strict = judged.filter(({ rule, found }) => found.length > 0 && !mayPassOver(rule, change.by))
    if (strict.length === 0) return violations
    const message = `The protection of the ${change.kind} "${change.name}" is not yours to pass over: ${violations[0]!.message}`
    throw new FairleadError('prompt.bypass_refused', message, { data: { violations: plain(violations) } })
  }

  /** By rule, what it misses. */
  async judge(db: Kysely<Tables>, change: RefChange): Promise<{ rule: RuleRow; found: Violation[] }[]> {
    const rules = (await reviews.listRulesFor(db, change.prompt.id, change.kind)).filter(({ pattern }) =>
      matches(pattern, change.name),
    )
    const judged: { rule: RuleRow; found: Violation[] }[] = []
    let edges: Edges | undefined
    for (const rule of rules) {
      edges ??= await loadEdges(db, change.prompt)
      const found = [...this.#judgeWay(rule, change, edges), ...(await this.#judgeReview(db, rule, change, edges))]
      if (change.to) found.push(...(await this.#judgeChecks(db, rule, change, change.to, edges)))
      judged.push({ rule, found })
    }
    return judged
  }

  #judgeWay(rule: RuleRow, change: RefChange, edges: Edges): Violation[] {
    const { from, to, request } = change
    const missing = (requirement: Violation['requirement'], message: string) => [
      { rule: rule.id, requirement, message },
    ]
    const leavesBehind = from !== null && !change.isMerge && (to === null || !isAncestor(edges, from.id, to.id))
    const found: Violation[] = []
    if (rule.no_direct_commit && !request) found.push(...missing('merge_request', 'it moves by merge requests only'))
    if (leavesBehind && !rule.allow_reset)
      found.push(...missing('reset', to === null ? 'it may not be removed' : 'it may not leave versions behind'))
    if (rule.linear_history && to !== null && bringsMerge(edges, from, to))
      found.push(...missing('linear_history', 'its history is linear: squash, or fast-forward'))
    return found
  }

  async #judgeReview(db: Kysely<Tables>, rule: RuleRow, change: RefChange, edges: Edges): Promise<Violation[]> {
    if (rule.required_approvals === 0) return []
    const { request, to } = change
    const needed = rule.required_approvals
    const missing = (requirement: Violation['requirement'], message: string) => [
      { rule: rule.id, requirement, message },
    ]
    if (!request || !to) return missing('approvals', `it needs ${needed} of a merge request`)
    const authors = rule.author_may_approve ? new Set<string>() : await authorsOf(db, change, edges)
    const head = request.sourceHead.id
    const given = (await reviews.listApprovals(db, request.id)).filter(
      ({ version_id }) => version_id === head || !rule.dismiss_stale,
    )
    // The last word of each person counts.
    const verdicts = new Map(given.map(({ user_id, verdict }) => [user_id, verdict]))
    const found: Violation[] = []
    if ([...verdicts.values()].includes('changes_requested'))
      found.push(...missing('changes_requested', 'somebody has asked for changes'))
    const approvals = [...verdicts].filter(([user, verdict]) => verdict === 'approved' && !authors.has(user)).length
    if (approvals < needed)
      found.push(...missing('approvals', `it needs ${needed} approvals by others, and has ${approvals}`))
    if (request.isRewritten) {
      const way = 'merge the target into the source, resolve it there, and have that approved'
      found.push(...missing('approvals', `nobody has approved the content or the resolutions that were sent: ${way}`))
    }
    return found
  }

  async #judgeChecks(
    db: Kysely<Tables>,
    rule: RuleRow,
    { prompt, from, isMerge }: RefChange,
    to: VersionRow,
    edges: Edges,
  ): Promise<Violation[]> {
    const found: Violation[] = []
    for (const name of rule.required_checks) {
      if (isMerge && from && !isAncestor(edges, from.id, to.id)) {
        const message = `the check "${name}" can't have passed for what the merge makes: merge the target into the source first`
        found.push({ rule: rule.id, requirement: 'check', message })
        continue
      }
      const source = this.#checks.get(name)
      const version = { promptId: prompt.id, versionId: to.id, contentHash: hex(to.content_hash) }
      const isMet = source
        ? await source.isMet(db, version)
        : name !== experimentCheck && (await reviews.hasPassed(db, prompt.id, to.content_hash, name))
      if (!isMet) {
        const message = `the check "${name}" has not passed for this content`
        found.push({ rule: rule.id, requirement: 'check', message })
      }
    }
    return found
  }
}

/** Only a completed A/B test can meet it, never somebody's word. */
const experimentCheck = 'experiment'

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
function bringsMerge(edges: Edges, from: VersionRow | null, to: VersionRow): boolean {
  const known = from ? ancestorsOf(edges, [from.id]) : new Set<string>()
  return [...ancestorsOf(edges, [to.id], known)].some((id) => (edges.parents.get(id)?.length ?? 0) > 1)
}

/** Who opened the request, and who wrote what it brings, by whatever credential. */
async function authorsOf(db: Kysely<Tables>, { request, from, prompt }: RefChange, edges: Edges): Promise<Set<string>> {
  const known = from ? ancestorsOf(edges, [from.id]) : new Set<string>()
  const brought = ancestorsOf(edges, [request!.sourceHead.id], known)
  const authors = await reviews.listResponsible(db, prompt.id, [...brought])
  return new Set([...authors, ...(request!.responsibleUserId === null ? [] : [request!.responsibleUserId])])
}

function refused({ kind, name }: RefChange, violations: readonly Violation[]): FairleadError {
  const reasons = [...new Set(violations.map(({ message }) => message))].join('; ')
  return new FairleadError('prompt.protected', `The ${kind} "${name}" is protected: ${reasons}.`, {
    data: { violations: plain(violations) },
  })
}

function plain(violations: readonly Violation[]) {
  return violations.map((violation) => ({ ...violation }))
}

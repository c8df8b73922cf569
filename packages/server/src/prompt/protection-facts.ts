import { permissionsOf } from '@fairlead/core/tenant'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { Edges } from './history-store.ts'
import { ancestorsOf, isAncestor, loadEdges } from './history-store.ts'
import type { CheckSource } from './ports.ts'
import type { RefChange } from './protection.ts'
import { hex } from './record.ts'
import type { ApprovalRow, RuleRow } from './review-store.ts'
import * as reviews from './review-store.ts'
import type { PromptRow, VersionRow } from './store.ts'

/** A change of a ref and the rules about that ref. */
export interface Ruled {
  change: RefChange
  rules: readonly RuleRow[]
}

/** Only a completed A/B test can meet it, never somebody's word. */
const experimentCheck = 'experiment'

/** What rules are judged by, read at once for all changes, however many they are. */
export class ProtectionFacts {
  readonly edges: Edges
  /** Of each merge request, in the order in which they were given, by those who may still give them. */
  #approvals: ReadonlyMap<string, readonly ApprovalRow[]> = new Map()
  /** By version. */
  #responsible: ReadonlyMap<string, string> = new Map()
  /** Changes by the check that is met for them. */
  readonly #met = new Map<string, ReadonlySet<RefChange>>()
  readonly #behind = new Map<string, ReadonlySet<string>>()

  private constructor(edges: Edges) {
    this.edges = edges
  }

  static async load(
    db: Kysely<Tables>,
    prompt: PromptRow,
    ruled: readonly Ruled[],
    checks: ReadonlyMap<string, CheckSource>,
  ): Promise<ProtectionFacts> {
    const facts = new ProtectionFacts(await loadEdges(db, prompt))
    await facts.#loadReviews(db, prompt, ruled)
    await facts.#loadChecks(db, prompt, ruled, checks)
    return facts
  }

  approvalsOf(requestId: string): readonly ApprovalRow[] {
    return this.#approvals.get(requestId) ?? []
  }

  /** Who opened the request, and who wrote what it brings, by whatever credential. */
  authorsOf({ request, from }: RefChange): Set<string> {
    const writers = [...this.brought(from, request!.sourceHead)].flatMap((id) => this.#responsible.get(id) ?? [])
    return new Set([...writers, ...(request!.responsibleUserId === null ? [] : [request!.responsibleUserId])])
  }

  /** The versions that come onto a ref which were not behind it before. */
  brought(from: VersionRow | null, to: VersionRow): Set<string> {
    return ancestorsOf(this.edges, [to.id], from ? this.#allBehind(from.id) : undefined)
  }

  isBehind(ancestor: VersionRow, version: VersionRow): boolean {
    return isAncestor(this.edges, ancestor.id, version.id)
  }

  isMet(check: string, change: RefChange): boolean {
    return this.#met.get(check)?.has(change) ?? false
  }

  async #loadReviews(db: Kysely<Tables>, prompt: PromptRow, ruled: readonly Ruled[]): Promise<void> {
    const reviewed = ruled.filter(
      ({ change, rules }) => change.request && rules.some((rule) => rule.required_approvals > 0),
    )
    if (reviewed.length === 0) return
    const ids = reviewed.map(({ change }) => change.request!.id)
    const approvals = (await reviews.listApprovals(db, ids)).filter(({ role }) => mayReview(role))
    this.#approvals = Map.groupBy(approvals, (each) => each.merge_request_id)
    const brought = new Set(
      reviewed.flatMap(({ change }) => [...this.brought(change.from, change.request!.sourceHead)]),
    )
    this.#responsible = await reviews.responsibleFor(db, prompt.id, [...brought])
  }

  async #loadChecks(
    db: Kysely<Tables>,
    prompt: PromptRow,
    ruled: readonly Ruled[],
    checks: ReadonlyMap<string, CheckSource>,
  ): Promise<void> {
    const wanted = ruled.flatMap(({ change, rules }) =>
      change.to ? rules.flatMap((rule) => rule.required_checks.map((name) => ({ name, change }))) : [],
    )
    for (const [name, asked] of Map.groupBy(wanted, (each) => each.name)) {
      const moves = [...new Set(asked.map(({ change }) => change))].map((change) => ({
        change,
        kind: change.kind,
        fromContent: change.from && hex(change.from.content_hash),
        toContent: hex(change.to!.content_hash),
      }))
      const source = checks.get(name)
      if (source) this.#met.set(name, changesOf([...(await source.metFor(db, prompt.id, moves))]))
      else if (name !== experimentCheck) {
        const hashes = new Set(moves.map(({ toContent }) => toContent))
        const passed = await reviews.passedContents(db, prompt.id, name, [...hashes])
        this.#met.set(name, changesOf(moves.filter(({ toContent }) => passed.has(toContent))))
      }
    }
  }

  /** Kept, as many requests have one target. */
  #allBehind(id: string): ReadonlySet<string> {
    const behind = this.#behind.get(id) ?? ancestorsOf(this.edges, [id])
    this.#behind.set(id, behind)
    return behind
  }
}

function changesOf(moves: readonly { change: RefChange }[]): Set<RefChange> {
  return new Set(moves.map(({ change }) => change))
}

/** Nobody's word outlives their membership, or a role that let them give it. */
function mayReview(role: reviews.ApprovalRow['role']): boolean {
  return role !== null && permissionsOf(role).has('prompt:write')
}

import { FairleadError } from '@fairlead/core/base'
import type { ComposedReference, ReferenceTarget } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { ReferringVersion } from './reference-store.ts'
import { findTargets } from './reference-store.ts'
import type { References } from './store.ts'

/** Versions that one version may have composed into it, all levels together. */
export const mostReferences = 100

/** What references lead to, and what those lead to, and so on, as one transaction sees it; cycles and all. */
export class ReferenceGraph {
  /** By target; undefined for those that lead nowhere. */
  readonly #found = new Map<string, ReferringVersion | undefined>()
  /** By prompt and label: a label that moves meanwhile leads to one version all the same, by whatever name it was met. */
  readonly #labelled = new Map<string, ReferringVersion>()

  find(target: ReferenceTarget): ReferringVersion | undefined {
    return this.#found.get(nameOf(target))
  }

  /** Everything that references lead to, level by level, each label and each number once. */
  reach(references: References): ComposedReference[] {
    const reached = new Map<string, ComposedReference>()
    for (let level: References[] = [references]; level.length > 0; ) {
      const next: References[] = []
      for (const target of level.flatMap(targetsOf)) {
        const found = this.find(target)
        if (!found) continue
        const { references: further, ...version } = found
        const label = target.label ?? null
        const name = `${version.versionId} ${label === null ? '' : `label ${label}`}`
        if (reached.has(name)) continue
        reached.set(name, { ...version, label })
        next.push(further)
      }
      level = next
    }
    return [...reached.values()]
  }

  /** Level by level, so that the number of queries is that of the levels. Throws when there would be more than `most`. */
  async load(db: Kysely<Tables>, references: readonly References[], most: number): Promise<void> {
    for (let level = [...references]; level.length > 0; ) {
      const open = new Map(level.flatMap(targetsOf).map((target) => [nameOf(target), target]))
      for (const name of this.#found.keys()) open.delete(name)
      if (this.#found.size + open.size > most) throw tooMany(most)
      const targets = [...open.values()]
      const found = targets.length === 0 ? [] : await findTargets(db, targets)
      for (const [index, target] of targets.entries())
        this.#found.set(nameOf(target), this.#settle(target, found[index]))
      level = targets.flatMap((target) => {
        const version = this.find(target)
        return version ? [version.references] : []
      })
    }
  }

  #settle({ label }: ReferenceTarget, found: ReferringVersion | undefined): ReferringVersion | undefined {
    if (label === undefined || found === undefined) return found
    const place = `${found.promptId} ${label}`
    const known = this.#labelled.get(place) ?? found
    this.#labelled.set(place, known)
    return known
  }
}

/** All that these references lead to. Throws `prompt.too_many_references` when that is more than `most`. */
export async function loadReferenceGraph(
  db: Kysely<Tables>,
  references: readonly References[],
  most = mostReferences,
): Promise<ReferenceGraph> {
  const graph = new ReferenceGraph()
  await graph.load(db, references, most)
  return graph
}

// Their names say nothing here; sorted, so that equal references give equal lists.
function targetsOf(references: References): ReferenceTarget[] {
  return Object.keys(references)
    .sort()
    .map((name) => references[name]!)
}

function nameOf({ prompt, version, label }: ReferenceTarget): string {
  return JSON.stringify([prompt, version ?? null, label ?? null])
}

function tooMany(most: number): FairleadError {
  const message = `With all that it refers to, the prompt would be composed of more than ${most} versions. Put some of these texts into one prompt.`
  return new FairleadError('prompt.too_many_references', message, { data: { most } })
}

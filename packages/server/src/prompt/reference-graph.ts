import { FairleadError } from '@fairlead/core/base'
import type { ComposedReference, ReferenceTarget } from '@fairlead/core/prompt'
import { deepestReference } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { ReferringVersion } from './reference-store.ts'
import { findTargets } from './reference-store.ts'
import type { References } from './store.ts'

/** Versions that one version may have composed into it, all levels together. */
export const mostReferences = 100
/** What is composed needs no more levels than this: the last one tells that there are too many. */
export const composedLevels = deepestReference + 1

export interface GraphLimits {
  /** How many things may be referred to; with more it throws. */
  most?: number
  /** Behind so many levels nothing is followed. */
  levels?: number
}

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
        const { references: further, size: _size, ...version } = found
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

  /** Bytes of all versions that references lead to, each counted once. */
  sizeOf(references: readonly ComposedReference[]): number {
    const wanted = new Set(references.map(({ versionId }) => versionId))
    const sizes = new Map([...this.#found.values()].flatMap((found) => (found ? [[found.versionId, found.size]] : [])))
    return [...wanted].reduce((sum, versionId) => sum + sizes.get(versionId)!, 0)
  }

  /** Level by level, so that the number of queries is that of the levels. */
  async load(db: Kysely<Tables>, references: readonly References[], { most, levels }: Required<GraphLimits>) {
    let level = [...references]
    for (let depth = 0; level.length > 0 && depth < levels; depth++) {
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

/** All that these references lead to, through any number of levels unless told. Throws `prompt.too_many_references`. */
export async function loadReferenceGraph(
  db: Kysely<Tables>,
  references: readonly References[],
  { most = mostReferences, levels = Number.POSITIVE_INFINITY }: GraphLimits = {},
): Promise<ReferenceGraph> {
  const graph = new ReferenceGraph()
  await graph.load(db, references, { most, levels })
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

/** From where a range begins up to, and without, where it ends, from 0 to 1. */
export type BucketRange = readonly [from: number, to: number]

/** What decides over a variant in GrowthBook. */
export interface GrowthBookSettings {
  /** By default the key of the experiment. */
  readonly seed: string
  /** How many variants there are. */
  readonly variations: number
  /** Share that takes part, from 0 to 1; all by default. */
  readonly coverage?: number
  /** Of sum 1; equal ones by default. */
  readonly weights?: readonly number[]
  /** Given as they are, they stand in for coverage and weights. */
  readonly ranges?: readonly BucketRange[]
  readonly namespace?: readonly [id: string, from: number, to: number]
  /** They stand in for the namespace. */
  readonly filters?: readonly {
    readonly seed: string
    readonly ranges: readonly BucketRange[]
    readonly hashVersion?: 1 | 2
  }[]
}

/** FNV-1a of 32 bits over UTF-16 units, which is the SDK for JavaScript's own reading of it. */
function fnv32a(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

/** A unit's place from 0 to 1 by version 1, in thousandths. Two tests are not independent of each other by it. */
function hashV1(seed: string, value: string): number {
  return (fnv32a(value + seed) % 1_000) / 1_000
}

/** A unit's place from 0 to 1 by version 2, in ten-thousandths. */
function hashV2(seed: string, value: string): number {
  return (fnv32a(String(fnv32a(seed + value))) % 10_000) / 10_000
}

/** The range of each variant; weights that don't fit the variants or don't make up 1 count as equal ones. */
function getBucketRanges(variations: number, coverage = 1, weights?: readonly number[]): BucketRange[] {
  const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? 0
  const isGiven = weights?.length === variations && total >= 0.99 && total <= 1.01
  const used = isGiven ? weights : new Array<number>(Math.max(0, variations)).fill(1 / variations)
  const covered = Math.min(1, Math.max(0, coverage))
  let from = 0
  return used.map((weight) => {
    const range = [from, from + covered * weight] as const
    from += weight
    return range
  })
}

/** The variant in whose range a place is, -1 when it is in none. */
function chooseVariation(place: number, ranges: readonly BucketRange[]): number {
  return ranges.findIndex(([from, to]) => place >= from && place < to)
}

/** Whether a unit is in a namespace, which is hashed by version 1 whichever one the experiment has. */
function inNamespace(value: string, [id, from, to]: readonly [id: string, from: number, to: number]): boolean {
  return chooseVariation(hashV1(`__${id}`, value), [[from, to]]) === 0
}

function schemeOf(hash: (seed: string, value: string) => number) {
  return {
    hash,
    getBucketRanges,
    chooseVariation,
    inNamespace,
    assign(settings: GrowthBookSettings, id: string): number | null {
      const { seed, variations, coverage, weights, namespace, filters } = settings
      const isFiltered = filters?.some((filter) => {
        const filterHash = filter.hashVersion === 1 ? hashV1 : hashV2
        return chooseVariation(filterHash(filter.seed, id), filter.ranges) < 0
      })
      if (isFiltered ?? (namespace !== undefined && !inNamespace(id, namespace))) return null
      const ranges = settings.ranges ?? getBucketRanges(variations, coverage, weights)
      const variant = chooseVariation(hash(seed, id), ranges)
      return variant < 0 ? null : variant
    },
  }
}

/** GrowthBook with `hashVersion` 1 (github.com/growthbook/growthbook, packages/sdk-js). */
export const growthbookV1 = /* @__PURE__ */ schemeOf(hashV1)
/** GrowthBook with `hashVersion` 2. */
export const growthbookV2 = /* @__PURE__ */ schemeOf(hashV2)

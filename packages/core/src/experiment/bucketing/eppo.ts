import { md5 } from '@noble/hashes/legacy.js'

/** A part of the shards: those in any of its ranges, each without its end. */
export interface ShardRule {
  readonly salt: string
  readonly ranges: readonly { readonly start: number; readonly end: number }[]
}

/** What decides over a variant in Eppo: `totalShards` of a flag and the splits of an allocation. */
export interface EppoSettings {
  /** 10,000 by default. */
  readonly totalShards?: number
  /** A unit has the variant of the first split all of whose rules it fits: usually one for traffic and one for the split. */
  readonly splits: readonly { readonly variant: number; readonly shards: readonly ShardRule[] }[]
}

/** The shard from 0 on of an input: the first four bytes of its MD5. */
function getShard(input: string, totalShards: number): number {
  const [a, b, c, d] = md5(new TextEncoder().encode(input)) as unknown as [number, number, number, number]
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) % totalShards
}

/** Eppo (github.com/Eppo-exp/js-sdk-common, src/sharders.ts; github.com/Eppo-exp/sdk-test-data). */
export const eppo = {
  getShard,
  assign({ totalShards = 10_000, splits }: EppoSettings, id: string): number | null {
    const isIn = ({ salt, ranges }: ShardRule) => {
      const shard = getShard(`${salt}-${id}`, totalShards)
      return ranges.some(({ start, end }) => shard >= start && shard < end)
    }
    return splits.find(({ shards }) => shards.every(isIn))?.variant ?? null
  },
}

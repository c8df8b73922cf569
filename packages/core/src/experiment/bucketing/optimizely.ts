import { murmur3 } from '../assignment/murmur3.ts'

const bucketSeed = 1
const bucketCount = 10_000

/** `trafficAllocation` of a datafile: from the end of the one before up to `endOfRange`, of 10,000 buckets. */
export interface TrafficAllocation<Entity> {
  readonly entity: Entity
  readonly endOfRange: number
}

/** What decides over a variant in Optimizely. */
export interface OptimizelySettings {
  readonly experimentId: string
  /** Entities are variant indexes; null where nobody is assigned. */
  readonly trafficAllocation: readonly TrafficAllocation<number | null>[]
  /** The group of experiments that exclude each other, with experiment ids as entities. */
  readonly group?: { readonly id: string; readonly trafficAllocation: readonly TrafficAllocation<string | null>[] }
}

/** The bucket from 0 to 9,999 of a bucketing key: the unit's bucketing id, followed by the experiment's or group's id. */
function generateBucketValue(bucketingKey: string): number {
  return Math.floor((murmur3(bucketingKey, bucketSeed) / 2 ** 32) * bucketCount)
}

/** The entity that has a bucket, null when none has it. */
function findBucket<Entity>(bucket: number, allocation: readonly TrafficAllocation<Entity>[]): Entity | null {
  return allocation.find(({ endOfRange }) => bucket < endOfRange)?.entity ?? null
}

/** Optimizely Feature Experimentation (github.com/optimizely/javascript-sdk, lib/core/bucketer). */
export const optimizely = {
  generateBucketValue,
  findBucket,
  assign({ experimentId, trafficAllocation, group }: OptimizelySettings, id: string): number | null {
    const isElsewhere =
      group !== undefined && findBucket(generateBucketValue(id + group.id), group.trafficAllocation) !== experimentId
    return isElsewhere ? null : findBucket(generateBucketValue(id + experimentId), trafficAllocation)
  },
}

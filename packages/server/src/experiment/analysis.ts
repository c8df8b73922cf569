import type { Sketch } from '@fairlead/core/analytics'
import type { ArmEvidence, Metric, VariantResult } from '@fairlead/core/experiment'
import { analyzeMetric, noUnits } from '@fairlead/core/experiment'
import type { listBuckets } from './arm-store.ts'
import type { TestEvidence } from './evidence-read.ts'
import { armsOf, contendersOf } from './evidence-read.ts'

type Buckets = Awaited<ReturnType<typeof listBuckets>>

/** What one metric says of each variant, in their order. */
export function analyze(evidence: TestEvidence, buckets: Buckets, metric: Metric, density: boolean): VariantResult[] {
  const sketches = metric.model === 'quantile' ? sketchesOf(buckets, metric.name) : undefined
  const strata = armsOf(evidence, metric.name).map((stratum, index) =>
    stratum.map((arm, place): ArmEvidence => {
      if (!arm) return { moments: noUnits }
      const { moments, observedSquares, positive, covariate } = arm
      const key = `${evidence.epochs[index]!.epoch} ${evidence.variants[place]!.id}`
      return { moments, observedSquares, positive, covariate, sketch: sketches?.get(key) }
    }),
  )
  // A draft has no epoch yet.
  if (strata.length === 0) strata.push(evidence.variants.map(() => ({ moments: noUnits })))
  const results = analyzeMetric({ metric, strata, arms: contendersOf(evidence), density })
  return evidence.variants.map(({ id, name }, place) => {
    const { posterior: _posterior, ...shown } = results[place]!
    return { variantId: id, variantName: name, ...shown }
  })
}

/** By epoch and variant. */
function sketchesOf(buckets: Buckets, metric: string): Map<string, Sketch> {
  const own = buckets.filter((bucket) => bucket.metric === metric)
  const groups = Map.groupBy(own, ({ epoch, variantId }) => `${epoch} ${variantId}`)
  return new Map(
    [...groups].map(([key, group]) => {
      const sorted = group.toSorted((one, other) => one.bucket - other.bucket)
      return [key, { buckets: sorted.map(({ bucket }) => bucket), counts: sorted.map(({ count }) => count) }]
    }),
  )
}

export { type Comparison, compareArms, type Direction, expectedLoss, probabilityBest } from './statistics/best.ts'
export { credibleInterval, highestDensityInterval, type Interval } from './statistics/interval.ts'
export {
  betaPosterior,
  gammaPosterior,
  normalPosterior,
  type Posterior,
  studentPosterior,
} from './statistics/posterior.ts'
export { type SampleRatio, sampleRatioMismatch } from './statistics/sample-ratio.ts'
export {
  type AssignedUnits,
  type SampleRatioEvidence,
  sampleRatioEvidence,
} from './statistics/sample-ratio-evidence.ts'
export { type Strata, stratifiedEstimates } from './statistics/stratified-estimate.ts'
export { type GuardrailLook, type GuardrailRule, takeGuardrailLook } from './stopping/guardrail.ts'
export { type Evidence, type Look, type LookPair, type LookReason, takeLook } from './stopping/look.ts'
export type { AlwaysValid, Effect, PlannedLooks, StoppingRule } from './stopping/rule.ts'
export { planSampleSize, type SamplePlan, type SampleSize } from './stopping/sample-size.ts'
export { thompsonWeights } from './stopping/thompson.ts'

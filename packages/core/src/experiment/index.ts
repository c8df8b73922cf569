export {
  type AnalyzedMetric,
  type ArmLift,
  type ArmResult,
  analyzeMetric,
  type LiftSummary,
  type MetricAnalysis,
} from './analysis/analyze-metric.ts'
export type { ArmEvidence, MissingReason, PositiveLogs } from './analysis/arm-evidence.ts'
export type { AssignableTest, Assignment, AssignmentReason, Unit } from './assignment/assign-variant.ts'
export { assignVariant } from './assignment/assign-variant.ts'
export { murmur3 } from './assignment/murmur3.ts'
export { reweightSlots } from './assignment/reweight-slots.ts'
export { decodeSlots, encodeSlots, type SlotRun } from './assignment/slot-runs.ts'
export { createSlots } from './assignment/slots.ts'
export { bucketing } from './bucketing/bucketing.ts'
export { type EppoSettings, eppo } from './bucketing/eppo.ts'
export { type FairleadSettings, fairlead } from './bucketing/fairlead.ts'
export { type GrowthBookSettings, growthbookV1, growthbookV2 } from './bucketing/growthbook.ts'
export { type OptimizelySettings, optimizely } from './bucketing/optimizely.ts'
export type { BucketingScheme } from './bucketing/scheme.ts'
export { type UnleashSettings, unleash } from './bucketing/unleash.ts'
export type { Bucketing } from './bucketing-schema.ts'
export { callMetrics } from './call-metrics.ts'
export type { ConfiguredTest, TestConfiguration, TestEvent } from './configuration-schema.ts'
export {
  type AssignByTest,
  type AssignedVariant,
  type ConfiguredVariant,
  prepareTest,
  type Schemes,
  type Subject,
} from './configured-test.ts'
export type { AbTestHistoryEntry, Holdout, Layer } from './contract-schema.ts'
export type { Bandit, Metric, Promotion, Stopping, VariantRef } from './document-schema.ts'
export { experimentEndpoints } from './endpoints.ts'
export type {
  AbTestEvents,
  Assigned,
  Assignment as FirstExposure,
  Exposure,
  Observation,
  RecordedEvents,
} from './evidence-schema.ts'
export { nextStatus, type TestStatus, type Transition } from './lifecycle.ts'
export type { SimulationRequest, SimulationResult } from './plan-schema.ts'
export type { AbTestResults, LookRecord, ResultSnapshot, VariantResult } from './result-schema.ts'
export { type Follower, simulate, type Tally } from './simulation/simulate.ts'
export type { Course } from './simulation/trial.ts'
export { type Comparison, compareArms, type Direction, expectedLoss, probabilityBest } from './statistics/best.ts'
export { type AdjustableArm, adjustedEstimates, type CovariateMoments } from './statistics/covariate-adjustment.ts'
export { credibleInterval, highestDensityInterval, type Interval } from './statistics/interval.ts'
export { type Lift, type LiftDensity, type LiftOptions, liftOf, plotPoints } from './statistics/lift.ts'
export {
  betaPosterior,
  gammaPosterior,
  logNormalPosterior,
  normalPosterior,
  type Posterior,
  studentPosterior,
} from './statistics/posterior.ts'
export { posteriorMean } from './statistics/posterior-mean.ts'
export { type SampleRatio, sampleRatioMismatch } from './statistics/sample-ratio.ts'
export {
  type AssignedUnits,
  type SampleRatioEvidence,
  sampleRatioEvidence,
} from './statistics/sample-ratio-evidence.ts'
export { type Strata, type StratifiedEstimate, stratifiedEstimates } from './statistics/stratified-estimate.ts'
export {
  addUnit,
  type Estimate,
  mergeMoments,
  noUnits,
  ratioEstimate,
  type UnitMoments,
} from './statistics/unit-moments.ts'
export { type GuardrailLook, type GuardrailRule, takeGuardrailLook } from './stopping/guardrail.ts'
export { type Evidence, type Look, type LookPair, type LookReason, takeLook } from './stopping/look.ts'
export type { AlwaysValid, Effect, PlannedLooks, StoppingRule } from './stopping/rule.ts'
export { planSampleSize, type SamplePlan, type SampleSize } from './stopping/sample-size.ts'
export { thompsonWeights } from './stopping/thompson.ts'
export { type CompiledTargeting, compileTargeting } from './targeting/compile-targeting.ts'
export { matchesRule } from './targeting/matches-rule.ts'
export type { TargetingRule } from './targeting/rule.ts'
export type { AbTest, AbTestChange, AbVariant, NewAbTest } from './test-schema.ts'

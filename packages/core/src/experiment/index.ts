export { type Comparison, compareArms, type Direction, expectedLoss, probabilityBest } from './statistics/best.ts'
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
export { type StratifiedEstimate, stratifiedEstimates } from './statistics/stratified-estimate.ts'
export {
  addUnit,
  type Estimate,
  mergeMoments,
  noUnits,
  ratioEstimate,
  type UnitMoments,
} from './statistics/unit-moments.ts'

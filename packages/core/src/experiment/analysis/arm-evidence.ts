import type { Sketch } from '../../analytics/index.ts'
import type { CovariateMoments } from '../statistics/covariate-adjustment.ts'
import type { Posterior } from '../statistics/posterior.ts'
import type { UnitMoments } from '../statistics/unit-moments.ts'

/** What one arm has shown of one metric in one stratum, such as an epoch of weights. */
export interface ArmEvidence {
  moments: UnitMoments
  /** Σ(value − mean)² over observations: how much a quantile of them is worth when units repeat themselves. */
  observedSquares?: number | undefined
  /** Of the units whose mean is above 0: for `log_normal`. */
  positive?: PositiveLogs | undefined
  /** Of all observations: for `quantile`. */
  sketch?: Sketch | undefined
  /** What was known of the units before the test; used where every arm has it. Not for `log_normal` and `quantile`. */
  covariate?: CovariateMoments | undefined
}

/** How many units they are, the mean of the logarithms of their means, and Σ(logarithm − mean)². */
export interface PositiveLogs {
  units: number
  meanLog: number
  squares: number
}

/** Why nothing can be said of an arm's value. */
export type MissingReason =
  /** Two are needed, with observations: for every arm that is compared, in one epoch at least. Six for `log_normal`. */
  | 'too_few_units'
  /** Beyond a quantile, three that are worth as much as independent ones. */
  | 'too_few_observations'
  /** All units are alike, so that nothing tells how far off their mean may be. */
  | 'no_variance'
  /** It is none of the arms that were asked for. */
  | 'not_compared'

/** An arm's posterior, or why there is none. */
export type ArmPosterior = { posterior: Posterior; reason: null } | { posterior: null; reason: MissingReason }

export function missing(reason: MissingReason): ArmPosterior {
  return { posterior: null, reason }
}

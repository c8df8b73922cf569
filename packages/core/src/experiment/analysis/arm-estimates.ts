import type { AdjustableArm } from '../statistics/covariate-adjustment.ts'
import { adjustedEstimates } from '../statistics/covariate-adjustment.ts'
import type { StratifiedEstimate } from '../statistics/stratified-estimate.ts'
import { isEstimable, poolStrata, unitEstimate } from '../statistics/stratified-estimate.ts'
import type { UnitMoments } from '../statistics/unit-moments.ts'
import type { ArmEvidence } from './arm-evidence.ts'

type Stratum = readonly ArmEvidence[]

/** The strata in which every one of these arms can be estimated: only there are they compared. */
function completeStrata(strata: readonly Stratum[], arms: readonly number[]): Stratum[] {
  return strata.filter((stratum) => arms.every((arm) => isEstimable(stratum[arm]?.moments)))
}

/** The arms that can be estimated in some stratum; an arm that nobody has seen keeps the others from nothing. */
function seenArms(strata: readonly Stratum[]): number[] {
  return (strata[0] ?? []).flatMap((_, arm) =>
    strata.some((stratum) => isEstimable(stratum[arm]!.moments)) ? [arm] : [],
  )
}

/**
 * The mean of an observation in every arm over the strata in which all arms that were seen can be compared, adjusted by the
 * covariate where all have one; null of an arm for which there is none.
 */
export function armEstimates(strata: readonly Stratum[]): (StratifiedEstimate | null)[] {
  const arms = seenArms(strata)
  const pooled = poolStrata(
    completeStrata(strata, arms).map((stratum) => estimatesOf(arms.map((arm) => stratum[arm]!))),
  )
  return (strata[0] ?? []).map((_, arm) => pooled?.[arms.indexOf(arm)] ?? null)
}

function estimatesOf(arms: readonly ArmEvidence[]): StratifiedEstimate[] {
  return arms.every(isAdjustable) ? adjustedEstimates(arms) : arms.map(({ moments }) => unitEstimate(moments))
}

function isAdjustable(arm: ArmEvidence): arm is ArmEvidence & AdjustableArm {
  return arm.covariate !== undefined && arm.moments.units >= 3
}

export function observationsOf({ units, meanN }: UnitMoments): number {
  return units * meanN
}

/** How much evidence an arm's can be worth at most: its observations, and more only with a covariate. */
export function mostObservations(strata: readonly Stratum[], arm: number): number {
  if (strata.some((stratum) => stratum[arm]!.covariate)) return Number.POSITIVE_INFINITY
  return strata.reduce((sum, stratum) => sum + observationsOf(stratum[arm]!.moments), 0)
}

/** The arms' moments, where every unit of all of them has one observation, and all is one stratum; null where not. */
export function singleObservations(strata: readonly Stratum[]): UnitMoments[] | null {
  const seen = strata.filter((stratum) => stratum.some(({ moments }) => moments.units > 0))
  const stratum = seen[0] ?? strata[0]
  if (!stratum || seen.length > 1) return null
  const isSingle = ({ moments: { units, meanN, nn }, covariate }: ArmEvidence) =>
    !covariate && (units === 0 || (meanN === 1 && nn === 0))
  return stratum.every(isSingle) ? stratum.map(({ moments }) => moments) : null
}

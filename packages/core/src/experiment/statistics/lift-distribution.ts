import type { Coordinate, Density } from './density.ts'
import { coordinateOf, densityOf } from './density.ts'
import { DistributionFunction } from './distribution-function.ts'
import { invalidEvidence } from './evidence.ts'
import type { Exceedance, Threshold } from './exceedance.ts'
import { exceedance } from './exceedance.ts'
import { normalUpperQuantile } from './normal-distribution.ts'
import type { Posterior } from './posterior.ts'
import type { TabulatedDensity } from './tabulated-density.ts'
import { tabulate } from './tabulated-density.ts'

/** How a lift is distributed: by which an arm's value is beyond the control's, absolutely or relative to it. */
export interface LiftDistribution {
  /** How probable it is that the lift is more than this, within 1e-9. */
  above(lift: number): number
  density(lift: number): number
  /** What as much lies below as is given. */
  quantile(below: number): number
}

/** Of the difference, arm − control, by quadrature over the coordinate of their densities. */
export function absoluteLift(control: Posterior, arm: Posterior): LiftDistribution {
  const { kind } = commonCoordinate(control, arm)
  const [a, b] = [densityOf(control), densityOf(arm)]
  const exceed = kind === 'logit' ? differenceOfShares(a, b) : difference(kind, tabulate(a), tabulate(b))
  const [one, other] = [spreadOf(control), spreadOf(arm)]
  const start = { center: other.value - one.value, scale: Math.hypot(one.width, other.width) }
  return {
    above: (lift) => inRange(exceed(lift).chance),
    density: (lift) => exceed(lift).density,
    quantile: (below) => quantileOf(exceed, below, start),
  }
}

/**
 * Of arm / control − 1, likewise. A mean can be related to a control only that is clearly above 0: where the control is not
 * with 99.9 %, it is null; else it is the distribution given that it is.
 */
export function relativeLift(control: Posterior, arm: Posterior): LiftDistribution | null {
  const coordinate = commonCoordinate(control, arm)
  const [a, b] = [tabulate(densityOf(control)), tabulate(densityOf(arm))]
  const [one, other] = [spreadOf(control), spreadOf(arm)]
  if (coordinate.kind === 'identity') {
    if (!(new DistributionFunction(densityOf(control)).above(0) >= 0.999)) return null
    const exceed = ratioOfMeans(a, b)
    const ratio = other.value / one.value
    const scale = Math.hypot(other.width, ratio * one.width) / one.value
    return {
      above: (lift) => inRange(exceed(1 + lift).chance),
      density: (lift) => exceed(1 + lift).density,
      quantile: (below) => quantileOf(exceed, below, { center: ratio, scale }) - 1,
    }
  }
  // Over the logarithm of the ratio.
  const exceed = coordinate.kind === 'logit' ? ratioOfShares(a, b) : ratioOfRates(a, b)
  const start = {
    center: Math.log(other.value) - Math.log(one.value),
    scale: Math.hypot(one.width / one.value, other.width / other.value),
  }
  return {
    above: (lift) => (lift <= -1 ? 1 : inRange(exceed(Math.log1p(lift)).chance)),
    density: (lift) => (lift <= -1 ? 0 : exceed(Math.log1p(lift)).density / (1 + lift)),
    quantile: (below) => Math.expm1(quantileOf(exceed, below, start)),
  }
}

type Exceed = (shift: number) => Exceedance

function commonCoordinate(control: Posterior, arm: Posterior): Coordinate {
  const [coordinate, other] = [coordinateOf(control), coordinateOf(arm)]
  if (coordinate.kind !== other.kind) throw invalidEvidence('arm', 'can be compared only with a control of its kind')
  return coordinate
}

/** Where a posterior has its height, and how wide it is there, as values. */
function spreadOf(posterior: Posterior): { value: number; width: number } {
  const { mode, width } = densityOf(posterior)
  const { toValue, derivative } = coordinateOf(posterior)
  return { value: toValue(mode), width: width * derivative(mode) }
}

function inRange(chance: number): number {
  return Math.min(1, Math.max(0, chance))
}

/** For a shift the other way, the arms change places. */
function complement({ chance, density }: Exceedance): Exceedance {
  return { chance: 1 - chance, density }
}

function difference(kind: Coordinate['kind'], control: TabulatedDensity, arm: TabulatedDensity): Exceed {
  if (kind === 'identity') {
    return (shift) =>
      exceedance(control, arm, { at: (z) => z + shift, inverse: (z) => z - shift, rate: () => 1, corners: [] })
  }
  const shifted = (shift: number): Threshold => ({
    at: (z) => (shift === 0 ? z : Math.log(Math.exp(z) + shift)),
    inverse: (z) => (shift === 0 ? z : Math.log(Math.max(0, Math.exp(z) - shift))),
    rate: (_, exceeded) => Math.exp(-exceeded),
    corners: shift === 0 ? [] : [{ at: Math.log(shift), width: 3 }],
  })
  return (shift) =>
    shift >= 0 ? exceedance(control, arm, shifted(shift)) : complement(exceedance(arm, control, shifted(-shift)))
}

/**
 * A share that exceeds another by s lies above s, and the other below 1 − s. Over the logit of either, the threshold is
 * smooth towards the end that is its own: each is used for the half of the line that is nearer to that.
 */
function differenceOfShares(control: Density, arm: Density): Exceed {
  const [a, b] = [tabulate(control), tabulate(arm)]
  const [mirroredA, mirroredB] = [tabulate(mirrored(control)), tabulate(mirrored(arm))]
  const [belowA, belowB] = [new DistributionFunction(control), new DistributionFunction(arm)]
  return (shift) => {
    const size = Math.abs(shift)
    if (size >= 1) return { chance: shift > 0 ? 0 : 1, density: 0 }
    const threshold = shiftedShare(size)
    const middle = threshold.to!
    const halves =
      shift >= 0
        ? [exceedance(a, b, threshold), exceedance(mirroredB, mirroredA, threshold)]
        : [exceedance(b, a, threshold), exceedance(mirroredA, mirroredB, threshold)]
    const both =
      shift >= 0 ? belowA.below(middle) * belowB.above(-middle) : belowB.below(middle) * belowA.above(-middle)
    const sum = {
      chance: halves[0]!.chance + halves[1]!.chance - both,
      density: halves[0]!.density + halves[1]!.density,
    }
    return shift >= 0 ? sum : complement(sum)
  }
}

/** Of the other outcome's share. */
function mirrored({ mode, width, log, slope, widestPiece, isNearlyNormal }: Density): Density {
  return {
    mode: -mode,
    width,
    log: (z) => log(-z),
    slope: (z) => -slope(-z),
    widestPiece: (z) => widestPiece(-z),
    isNearlyNormal,
  }
}

/** Up to where both are as far from their ends, at (1 − shift) / 2. */
function shiftedShare(shift: number): Threshold {
  const to = Math.log1p(-shift) - Math.log1p(shift)
  const corners = [
    { at: 0, width: 3 },
    { at: to, width: 1 },
  ]
  if (shift > 0) corners.push({ at: Math.log(shift) - Math.log1p(shift), width: 3 })
  return {
    to,
    corners,
    at: (z) => {
      const e = oddsAgainst(z)
      const share = 1 / (1 + e)
      return Math.log((share + shift) / (e * share - shift))
    },
    inverse: (z) => {
      const e = oddsAgainst(z)
      const share = 1 / (1 + e)
      return Math.log(Math.max(0, share - shift) / (e * share + shift))
    },
    rate: (_, exceeded) => {
      const e = oddsAgainst(exceeded)
      return ((1 + e) * (1 + e)) / e
    },
  }
}

/** What is left of 1 over a share, by which both have all their digits: 1 / (1 + e) and e / (1 + e). */
function oddsAgainst(z: number): number {
  return Math.exp(Math.min(-z, 300))
}

function ratioOfRates(control: TabulatedDensity, arm: TabulatedDensity): Exceed {
  return (shift) =>
    exceedance(control, arm, { at: (z) => z + shift, inverse: (z) => z - shift, rate: () => 1, corners: [] })
}

function ratioOfShares(control: TabulatedDensity, arm: TabulatedDensity): Exceed {
  // By a factor of at most 1 the threshold is a share whatever the other one is.
  const scaled = (logarithm: number): Threshold => {
    const ratio = Math.exp(logarithm)
    const less = -Math.expm1(logarithm)
    return {
      corners: less > 0 ? [0, -Math.log(less)].map((at) => ({ at, width: 3 })) : [],
      at: (z) => logarithm - Math.log(oddsAgainst(z) + less),
      // A share of at least the ratio is beyond all.
      inverse: (z) => -Math.log(Math.max(0, ratio * oddsAgainst(z) - less)),
      rate: (_, exceeded) => 1 + Math.exp(exceeded),
    }
  }
  return (shift) =>
    shift <= 0 ? exceedance(control, arm, scaled(shift)) : complement(exceedance(arm, control, scaled(-shift)))
}

function ratioOfMeans(control: TabulatedDensity, arm: TabulatedDensity): Exceed {
  return (ratio) =>
    exceedance(control, arm, {
      at: (z) => ratio * z,
      inverse: (z) => (ratio === 0 ? Number.POSITIVE_INFINITY : z / ratio),
      rate: (z) => z,
      corners: [],
      from: 0,
    })
}

/** Newton's method from the quantile of a like normal distribution, with halving wherever it would leave what is left. */
function quantileOf(exceed: Exceed, below: number, { center, scale }: { center: number; scale: number }): number {
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  let at = center + scale * normalUpperQuantile(1 - below)
  for (let step = 0, reach = scale; step < 200; step++) {
    const { chance, density } = exceed(at)
    const excess = 1 - chance - below
    if (excess > 0) high = at
    else low = at
    const newton = at - excess / density
    // A step doubles the digits that are right.
    const isClose = Math.abs(excess) <= 1e-5 * Math.min(below, 1 - below)
    if (isClose && Math.abs(newton - at) <= 2e-6 * scale) return newton
    let moved = newton
    if (!(Math.abs(newton - at) <= 2 * reach && newton > low && newton < high)) {
      const isBetween = low > Number.NEGATIVE_INFINITY && high < Number.POSITIVE_INFINITY
      moved = isBetween ? (low + high) / 2 : at - Math.sign(excess) * reach
      if (!isBetween) reach *= 2
    }
    if (Math.abs(moved - at) <= 4 * Number.EPSILON * Math.abs(at)) break
    at = moved
  }
  return at
}

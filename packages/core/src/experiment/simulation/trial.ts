import type { UnitMoments } from '../statistics/unit-moments.ts'
import type { UnitDraw } from './alias-table.ts'
import { betaBinomialDraw, binomialDraw } from './alias-table.ts'
import type { RandomSource } from './random-source.ts'
import { countDraw, valueDraw } from './unit-draw.ts'

/** How a test's units come and what they do. */
export interface Course {
  /** True mean of an observation, per arm: a share, events, or whatever the values are. */
  rates: readonly number[]
  /** What observations are; shares of successes when left out. */
  model?: 'proportion' | 'count' | 'mean' | 'log_normal' | undefined
  /** Standard deviation of observations, per arm; of a `mean` or `log_normal`. */
  deviations?: readonly number[] | undefined
  /** Whether the best arm is the one with the lowest. Its moments are turned, so that more is better. */
  lowerIsBetter?: boolean | undefined
  /** Units that each arm gets from one look to the next. */
  unitsPerLook: readonly number[]
  looks: number
  /** 1, or 1 to as many per unit. */
  runsPerUnit: number
  correlation: number
}

/** Grows the arms of one simulated test from look to look. */
export interface Arms {
  moments: UnitMoments[]
  grow: (random: RandomSource) => void
  reset: () => void
}

export function simulatedArms(course: Course): Arms {
  const { model = 'proportion', runsPerUnit } = course
  return model === 'proportion' && runsPerUnit === 1 ? singleRuns(turned(course)) : drawnUnits(course)
}

/** Fewer successes are more failures. */
function turned({ rates, lowerIsBetter = false, ...course }: Course): Course {
  return { ...course, rates: lowerIsBetter ? rates.map((rate) => 1 - rate) : rates }
}

/** Arms that are alike share what draws their units. */
function unitDraws(course: Course): UnitDraw[] {
  const known = new Map<number, UnitDraw>()
  return turned(course).rates.map((rate, arm) => {
    const draw = known.get(rate) ?? unitDraw(course, rate, arm)
    known.set(rate, draw)
    return draw
  })
}

function unitDraw(course: Course, rate: number, arm: number): UnitDraw {
  const { model = 'proportion', runsPerUnit, correlation, deviations = [], lowerIsBetter = false } = course
  if (model === 'proportion') return betaBinomialDraw(runsPerUnit, rate, correlation)
  const mean = course.rates[arm]!
  const values = { mean, sd: deviations[arm]!, isLogNormal: model === 'log_normal' }
  const drawn =
    model === 'count' ? countDraw(runsPerUnit, mean, correlation) : valueDraw(runsPerUnit, values, correlation)
  return lowerIsBetter ? { ...drawn, x: drawn.x.map((value) => -value) } : drawn
}

function singleRuns({ rates, unitsPerLook }: Course): Arms {
  const draws = rates.map((rate, arm) => binomialDraw(unitsPerLook[arm]!, rate))
  const successes = rates.map(() => 0)
  const moments = rates.map(() => emptyMoments())
  return {
    moments,
    grow: (random) => {
      for (const [arm, each] of moments.entries()) {
        successes[arm]! += draws[arm]!(random)
        each.units += unitsPerLook[arm]!
        each.meanN = 1
        each.meanX = successes[arm]! / each.units
        each.xx = successes[arm]! * (1 - each.meanX)
      }
    },
    reset: () => {
      successes.fill(0)
      for (const each of moments) Object.assign(each, emptyMoments())
    },
  }
}

function drawnUnits(course: Course): Arms {
  const { rates, unitsPerLook } = course
  const draws = unitDraws(course)
  const sums = rates.map(() => new Float64Array(5))
  const moments = rates.map(() => emptyMoments())
  return {
    moments,
    grow: (random) => {
      for (const [arm, each] of moments.entries()) {
        const sum = sums[arm]!
        addUnits(sum, draws[arm]!, unitsPerLook[arm]!, random)
        each.units += unitsPerLook[arm]!
        const [n, x, nn, nx, xx] = sum as unknown as [number, number, number, number, number]
        each.meanN = n / each.units
        each.meanX = x / each.units
        each.nn = nn - n * each.meanN
        each.nx = nx - n * each.meanX
        each.xx = xx - x * each.meanX
      }
    },
    reset: () => {
      for (const sum of sums) sum.fill(0)
      for (const each of moments) Object.assign(each, emptyMoments())
    },
  }
}

/** To Σn, Σx, Σn², Σnx, Σx², which are exact where they are whole numbers. */
function addUnits(sum: Float64Array, { n, x, draw }: UnitDraw, units: number, random: RandomSource) {
  let sumN = 0
  let sumX = 0
  let nn = 0
  let nx = 0
  let xx = 0
  for (let unit = 0; unit < units; unit++) {
    const cell = draw(random)
    const runs = n[cell]!
    const successes = x[cell]!
    sumN += runs
    sumX += successes
    nn += runs * runs
    nx += runs * successes
    xx += successes * successes
  }
  sum[0]! += sumN
  sum[1]! += sumX
  sum[2]! += nn
  sum[3]! += nx
  sum[4]! += xx
}

function emptyMoments(): UnitMoments {
  return { units: 0, meanN: 0, meanX: 0, nn: 0, nx: 0, xx: 0 }
}

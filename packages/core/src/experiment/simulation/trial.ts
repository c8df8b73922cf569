import type { UnitMoments } from '../statistics/unit-moments.ts'
import { betaBinomialDraw, binomialDraw } from './alias-table.ts'
import type { RandomSource } from './random-source.ts'

/** How a test's units come and what they do. */
export interface Course {
  /** True rate per arm. */
  rates: readonly number[]
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
  return course.runsPerUnit === 1 ? singleRuns(course) : clusteredRuns(course)
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

function clusteredRuns({ rates, unitsPerLook, runsPerUnit, correlation }: Course): Arms {
  const draws = rates.map((rate) => betaBinomialDraw(runsPerUnit, rate, correlation))
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

/** To Σn, Σx, Σn², Σnx, Σx², which are whole numbers and so exact. */
function addUnits(
  sum: Float64Array,
  { n, x, draw }: ReturnType<typeof betaBinomialDraw>,
  units: number,
  random: RandomSource,
) {
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

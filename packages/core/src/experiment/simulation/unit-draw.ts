import { logGamma } from '../statistics/log-gamma.ts'
import { normalUpperQuantile } from '../statistics/normal-distribution.ts'
import type { UnitDraw } from './alias-table.ts'
import { aliasTable } from './alias-table.ts'

/** What is less likely than this is left out. */
const leastProbability = 1e-13

/**
 * A unit with 1 to `most` observations, each number as likely, of so many events on average. The unit's own rate is drawn
 * from a gamma distribution, so that its observations have this correlation; a single one is Poisson's.
 */
export function countDraw(most: number, rate: number, correlation: number): UnitDraw {
  const shape = most === 1 ? Number.POSITIVE_INFINITY : (rate * (1 - correlation)) / correlation
  const cells: { n: number; x: number; probability: number }[] = []
  for (let n = 1; n <= most; n++) {
    for (let x = 0; ; x++) {
      const probability = Math.exp(logEvents(x, n * rate, shape)) / most
      if (probability > leastProbability) cells.push({ n, x, probability })
      else if (x > n * rate) break
    }
  }
  return {
    n: Float64Array.from(cells, ({ n }) => n),
    x: Float64Array.from(cells, ({ x }) => x),
    draw: aliasTable(cells.map(({ probability }) => probability)),
  }
}

/** The logarithm of the chance of `x` events: negative binomial, and Poisson's where the shape is infinite. */
function logEvents(x: number, mean: number, shape: number): number {
  const log = x * Math.log(mean) - logGamma(x + 1)
  if (shape === Number.POSITIVE_INFINITY) return log - mean
  return log + logGamma(shape + x) - logGamma(shape) + shape * Math.log(shape) - (shape + x) * Math.log(shape + mean)
}

/** As many equally likely values stand for a continuous distribution. */
const gridSize = 4_096

/** Values of one observation: their mean, standard deviation, and whether their logarithms are normal. */
export interface Values {
  mean: number
  sd: number
  isLogNormal: boolean
}

/** The same for any values. The sum over a unit has the moments of so many observations of this correlation. */
export function valueDraw(most: number, { mean, sd, isLogNormal }: Values, correlation: number): UnitDraw {
  const [n, x] = [new Float64Array(most * gridSize), new Float64Array(most * gridSize)]
  for (let count = 1; count <= most; count++) {
    const from = (count - 1) * gridSize
    const spread = sd * Math.sqrt(count * (1 + (count - 1) * correlation))
    const logVariance = isLogNormal ? Math.log1p((spread / (count * mean)) ** 2) : 0
    n.fill(count, from, from + gridSize)
    x.set(
      standardGrid(logVariance).map((value) => count * mean + spread * value),
      from,
    )
  }
  return { n, x, draw: (random) => Math.floor((random() / 2 ** 32) * n.length) }
}

/** Equally likely values of mean 0 and variance 1: normal ones, or their exponentials of such a variance. */
function standardGrid(logVariance: number): Float64Array {
  const scale = Math.sqrt(logVariance)
  const grid = Float64Array.from({ length: gridSize }, (_, index) => {
    const z = -normalUpperQuantile((index + 0.5) / gridSize)
    return scale === 0 ? z : Math.exp(scale * z)
  })
  const mean = grid.reduce((sum, value) => sum + value, 0) / gridSize
  const variance = grid.reduce((sum, value) => sum + (value - mean) ** 2, 0) / gridSize
  return grid.map((value) => (value - mean) / Math.sqrt(variance))
}

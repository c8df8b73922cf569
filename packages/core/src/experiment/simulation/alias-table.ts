import { logGamma } from '../statistics/log-gamma.ts'
import type { RandomSource } from './random-source.ts'

/** Draws an index by its probability in constant time (A. J. Walker 1977; M. Vose's construction). */
export function aliasTable(probabilities: readonly number[]): (random: RandomSource) => number {
  const size = probabilities.length
  const total = probabilities.reduce((sum, value) => sum + value, 0)
  const scaled = Float64Array.from(probabilities, (value) => (value / total) * size)
  const alias = new Int32Array(size)
  const small: number[] = []
  const large: number[] = []
  for (const [index, value] of scaled.entries()) (value < 1 ? small : large).push(index)
  while (small.length > 0 && large.length > 0) {
    const [less, more] = [small.pop()!, large.pop()!]
    alias[less] = more
    scaled[more]! -= 1 - scaled[less]!
    ;(scaled[more]! < 1 ? small : large).push(more)
  }
  for (const index of [...small, ...large]) scaled[index] = 1
  return (random) => {
    // One number says which column and, by its fraction, which half of it: 32 bits are enough for both.
    const place = (random() / 2 ** 32) * size
    const column = Math.floor(place)
    return place - column < scaled[column]! ? column : alias[column]!
  }
}

/** Successes in `trials` independent ones; what is less likely than 10⁻¹⁶ or so is left out. */
export function binomialDraw(trials: number, rate: number): (random: RandomSource) => number {
  const spread = 9 * Math.sqrt(trials * rate * (1 - rate)) + 30
  const least = Math.max(0, Math.floor(trials * rate - spread))
  const most = Math.min(trials, Math.ceil(trials * rate + spread))
  const draw = aliasTable(
    Array.from({ length: most - least + 1 }, (_, index) => {
      const x = least + index
      return Math.exp(logChoose(trials, x) + x * Math.log(rate) + (trials - x) * Math.log1p(-rate))
    }),
  )
  return (random) => least + draw(random)
}

/** Draws a unit: the place of how many observations it has, and of their sum. */
export interface UnitDraw {
  n: Float64Array
  x: Float64Array
  draw: (random: RandomSource) => number
}

/** A unit with 1 to `most` runs, each as likely, whose rate is drawn from a beta distribution of this mean and correlation. */
export function betaBinomialDraw(most: number, rate: number, correlation: number): UnitDraw {
  const strength = (1 - correlation) / correlation
  const [a, b] = [rate * strength, (1 - rate) * strength]
  const cells: { n: number; x: number; probability: number }[] = []
  for (let n = 1; n <= most; n++) {
    for (let x = 0; x <= n; x++) {
      // Without correlation every unit has the same rate.
      const chance =
        correlation === 0 ? x * Math.log(rate) + (n - x) * Math.log1p(-rate) : logBeta(a + x, b + n - x) - logBeta(a, b)
      cells.push({ n, x, probability: Math.exp(logChoose(n, x) + chance) / most })
    }
  }
  return {
    n: Float64Array.from(cells, ({ n }) => n),
    x: Float64Array.from(cells, ({ x }) => x),
    draw: aliasTable(cells.map(({ probability }) => probability)),
  }
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b)
}

import { randomSource } from '../simulation/random-source.ts'

/** Draws from distributions, the same for the same seed. */
export function randomValues(seed: number) {
  const next = randomSource(seed)
  const uniform = () => (next() + 0.5) / 2 ** 32
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
  /** G. Marsaglia and W. Tsang's method, for shapes from 1 up. */
  const gamma = (shape: number): number => {
    const d = shape - 1 / 3
    for (;;) {
      const x = normal()
      const v = (1 + x / Math.sqrt(9 * d)) ** 3
      if (v > 0 && Math.log(uniform()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v
    }
  }
  const beta = (a: number, b: number): number => {
    const [x, y] = [gamma(a), gamma(b)]
    return x / (x + y)
  }
  return { uniform, normal, gamma, beta }
}

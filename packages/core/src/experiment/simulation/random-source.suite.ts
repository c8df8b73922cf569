/** Whole numbers from 0 to 2³² − 1, the same for the same seed. */
export type RandomSource = () => number

/** D. Blackman and S. Vigna's xoshiro128**, its state from a seed by splitmix32. */
export function randomSource(seed: number): RandomSource {
  let mixed = seed | 0
  const next = () => {
    mixed = (mixed + 0x9e3779b9) | 0
    let z = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return z ^ (z >>> 15)
  }
  let [a, b, c, d] = [next(), next(), next(), next()]
  return () => {
    const five = Math.imul(b, 5)
    const result = Math.imul((five << 7) | (five >>> 25), 9)
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result >>> 0
  }
}

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
  // In an array whole numbers of 32 bits need no boxes.
  const state = Int32Array.from({ length: 4 }, next)
  return () => {
    const b = state[1]!
    const five = Math.imul(b, 5)
    const c = state[2]! ^ state[0]!
    const d = state[3]! ^ b
    state[1] = b ^ c
    state[0] = state[0]! ^ d
    state[2] = c ^ (b << 9)
    state[3] = (d << 11) | (d >>> 21)
    return Math.imul((five << 7) | (five >>> 25), 9) >>> 0
  }
}

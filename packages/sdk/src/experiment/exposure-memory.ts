import type { Exposure } from '@fairlead/core/experiment'

/** Twice as many are remembered at most. */
const mostRecent = 50_000

/**
 * The last exposures, each by the hash of its unit. One may take the place of another, and those that
 * were not asked for in a long time are forgotten: two generations, of which the older one is let go of when the younger
 * one is full, cost an exposure that is asked for again two look-ups and nothing else.
 */
export function exposureMemory() {
  let recent = generation()
  let earlier = recent
  let count = 0
  const add = (hash: number, exposure: Exposure) => {
    if (count++ === mostRecent) {
      earlier = recent
      recent = generation()
      count = 1
    }
    recent(hash, exposure)
  }
  const find = (hash: number): Exposure | undefined => {
    const last = recent(hash)
    if (last) return last
    const exposure = earlier(hash)
    if (exposure) add(hash, exposure)
    return exposure
  }
  return { find, add }
}

/** Of the table of a generation; as many low bits of a hash say where to look, and the others are compared. */
const mask = 2 ** 17 - 1

/**
 * A map from hashes, as a function that gives what a hash leads to, once it has been led to what is given. It is a table
 * with open addressing, of which no more than two fifths are taken: at this size twice as fast as `Map`. Memory that is
 * never written to is none that the machine has to give.
 */
function generation() {
  const exposures: (Exposure | undefined)[] = [undefined]
  /** The high bits of hashes, each with where its exposure is in the low ones. */
  const table = new Int32Array(mask + 1)
  return (hash: number, exposure?: Exposure): Exposure | undefined => {
    let place = hash & mask
    while (table[place] && (table[place]! ^ hash) & ~mask) place = (place + 1) & mask
    if (exposure) table[place] = (hash & ~mask) | (exposures.push(exposure) - 1)
    return exposures[table[place]! & mask]
  }
}

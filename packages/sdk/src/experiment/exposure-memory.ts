import type { Exposure } from '@fairlead/core/experiment'

/** Twice as many are remembered at most. */
const mostRecent = 50_000

/**
 * The last exposures, each by a key of 32 bits that are as good as random. Keys that are nearly alike are taken for one
 * another, a handful of 50,000, and the one that was added later is found. Those that were not asked for in a long time
 * are forgotten: two generations, of which the older one is let go of when the younger one is full, cost an exposure
 * that is asked for again two look-ups and nothing else.
 */
export function exposureMemory() {
  let recent = generation()
  let earlier = recent
  let count = 0
  const add = (key: number, exposure: Exposure) => {
    if (count++ === mostRecent) {
      earlier = recent
      recent = generation()
      count = 1
    }
    recent(key, exposure)
  }
  const find = (key: number): Exposure | undefined => {
    const last = recent(key)
    if (last) return last
    const exposure = earlier(key)
    if (exposure) add(key, exposure)
    return exposure
  }
  return { find, add }
}

/** How many high bits say where to look in the table of a generation; the others are compared. */
const placeBits = 17
const tagBits = 32 - placeBits
const last = 2 ** placeBits - 1

/**
 * A map from keys, as a function that gives what a key leads to, once it has been led to what is given. It is a table
 * with open addressing, of which no more than two fifths are taken: at this size twice as fast as `Map`. A key that has
 * been pushed along is taken for one that belongs there if they agree in the bits that are compared.
 */
function generation() {
  const exposures: (Exposure | undefined)[] = [undefined]
  /** The bits of each key that are compared, above the index of its exposure. */
  const table = new Int32Array(last + 1)
  return (key: number, exposure?: Exposure): Exposure | undefined => {
    const tag = key << placeBits
    let place = key >>> tagBits
    while (table[place] && (table[place]! ^ tag) & ~last) place = (place + 1) & last
    if (exposure) table[place] = tag | (exposures.push(exposure) - 1)
    return exposures[table[place]! & last]
  }
}

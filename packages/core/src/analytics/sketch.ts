import { FairleadError } from '../base/error.ts'

/**
 * How many values there are of each size, by which percentiles of any number of values are known to 1 %: every bucket ends
 * 2 % above where it begins (as in DDSketch, VLDB 2019, without its collapsing). Two sketches are merged by adding counts
 * up, and one is taken out of another again by subtracting them, whatever the order was: the same values are the same
 * sketch. Plain data; a bucket's number rises with its values, 0 is the one of zero, negative ones hold negative values.
 */
export interface Sketch {
  /** Rising; only buckets that hold something. */
  buckets: number[]
  counts: number[]
}

const growth = 1.02
const logGrowth = Math.log(growth)
/** Smaller values, positive or negative, count as zero. */
const smallest = 1e-12
/** So that bucket 1 is the first whose values are not smaller. */
const offset = 1 - Math.ceil(Math.log(smallest) / logGrowth)

export function createSketch(): Sketch {
  return { buckets: [], counts: [] }
}

/**
 * Counts a value, in place, so many times. Throws `analytics.invalid_sketch` for a value that is no finite number and for
 * times that are no positive whole number.
 */
export function addToSketch(sketch: Sketch, value: number, times = 1): void {
  if (!(Number.isSafeInteger(times) && times > 0)) throw invalidSketch(`${times} is no number of times.`)
  const bucket = bucketOf(value)
  const at = placeOf(sketch.buckets, bucket)
  if (sketch.buckets[at] === bucket) sketch.counts[at] = counted(sketch.counts[at]! + times)
  else {
    sketch.buckets.splice(at, 0, bucket)
    sketch.counts.splice(at, 0, times)
  }
}

/** Of all values of both. */
export function mergeSketches(a: Sketch, b: Sketch): Sketch {
  return combine(a, b, 1)
}

/** Without the values of another, which are among them; throws `analytics.invalid_sketch` when they are not. */
export function subtractSketch(from: Sketch, other: Sketch): Sketch {
  return combine(from, other, -1)
}

/** How many values it holds. */
export function sketchCount({ counts }: Sketch): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

/**
 * The value that a share q of the others is not above, the one of rank ⌊q(n − 1)⌋ from 0, to 1 % of it; null of an empty
 * sketch. Throws `analytics.invalid_quantile` for a q that is not from 0 to 1.
 */
export function sketchQuantile(sketch: Sketch, q: number): number | null {
  if (!(q >= 0 && q <= 1)) throw new FairleadError('analytics.invalid_quantile', `A quantile is from 0 to 1, not ${q}.`)
  const rank = Math.floor(q * (sketchCount(sketch) - 1))
  let below = 0
  for (const [at, bucket] of sketch.buckets.entries()) {
    below += sketch.counts[at]!
    if (below > rank) return middleOf(bucket)
  }
  return null
}

/** Between which values a bucket lies. */
export function bucketRange(bucket: number): { lower: number; upper: number } {
  if (bucket === 0) return { lower: 0, upper: 0 }
  const outer = growth ** (Math.abs(bucket) - offset)
  const inner = outer / growth
  return bucket > 0 ? { lower: inner, upper: outer } : { lower: -outer, upper: -inner }
}

/** What is off by as much, relatively, at either end of a bucket. */
function middleOf(bucket: number): number {
  const { lower, upper } = bucketRange(bucket)
  return bucket === 0 ? 0 : (2 * lower * upper) / (lower + upper)
}

/** Which bucket a value is counted in; throws `analytics.invalid_sketch` for one that is no finite number. */
export function bucketOf(value: number): number {
  if (!Number.isFinite(value)) throw invalidSketch(`${value} is no finite number.`)
  const size = Math.abs(value)
  if (size < smallest) return 0
  const bucket = Math.ceil(Math.log(size) / logGrowth) + offset
  return value < 0 ? -bucket : bucket
}

/** Where a bucket is or would be. */
function placeOf(buckets: readonly number[], bucket: number): number {
  let [low, high] = [0, buckets.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (buckets[middle]! < bucket) low = middle + 1
    else high = middle
  }
  return low
}

function combine(a: Sketch, b: Sketch, sign: 1 | -1): Sketch {
  const result = createSketch()
  for (let [i, j] = [0, 0]; i < a.buckets.length || j < b.buckets.length; ) {
    const [first, second] = [a.buckets[i] ?? Number.POSITIVE_INFINITY, b.buckets[j] ?? Number.POSITIVE_INFINITY]
    const bucket = Math.min(first, second)
    let count = 0
    if (first === bucket) count += a.counts[i++]!
    if (second === bucket) count += sign * b.counts[j++]!
    if (count < 0) throw invalidSketch('What is to be subtracted is not in it.')
    if (count === 0) continue
    result.buckets.push(bucket)
    result.counts.push(counted(count))
  }
  return result
}

function counted(count: number): number {
  if (Number.isSafeInteger(count)) return count
  throw invalidSketch(`${count} values are beyond what can be counted.`)
}

export function invalidSketch(message: string): FairleadError {
  return new FairleadError('analytics.invalid_sketch', message)
}

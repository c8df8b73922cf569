import type { Sketch } from './sketch.ts'
import { invalidSketch } from './sketch.ts'

/** The first byte, for a layout that follows. */
const layout = 1

/**
 * A sketch as bytes, the same for the same values: the layout, then for each bucket by how much its number is above the one
 * before (the first as a zigzag), and its count, as LEB128 numbers. Three bytes a bucket, most of the time.
 */
export function encodeSketch({ buckets, counts }: Sketch): Uint8Array {
  const bytes = [layout]
  for (const [at, bucket] of buckets.entries()) {
    put(bytes, at === 0 ? zigzag(bucket) : bucket - buckets[at - 1]!)
    put(bytes, counts[at]!)
  }
  return Uint8Array.from(bytes)
}

/** What was encoded; throws `analytics.invalid_sketch` for bytes that are no sketch. */
export function decodeSketch(bytes: Uint8Array): Sketch {
  if (bytes[0] !== layout) throw invalidSketch('These bytes are no sketch.')
  const sketch: Sketch = { buckets: [], counts: [] }
  const reader = { bytes, at: 1 }
  while (reader.at < bytes.length) {
    const step = take(reader)
    const before = sketch.buckets.at(-1)
    const bucket = before === undefined ? unzigzag(step) : before + step
    const count = take(reader)
    if (bucket === before || count === 0 || Math.abs(bucket) > furthest)
      throw invalidSketch('These bytes are no sketch.')
    sketch.buckets.push(bucket)
    sketch.counts.push(count)
  }
  return sketch
}

/** Beyond the buckets of all finite numbers. */
const furthest = 40_000

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}

function unzigzag(value: number): number {
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2
}

/** Counts go beyond 32 bits, so there is no shifting. */
function put(bytes: number[], value: number): void {
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  bytes.push(rest)
}

function take(reader: { bytes: Uint8Array; at: number }): number {
  let value = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = reader.bytes[reader.at++]
    if (byte === undefined) throw invalidSketch('These bytes end in the middle of a number.')
    value += (byte % 128) * scale
    if (!Number.isSafeInteger(value))
      throw invalidSketch('These bytes hold a number that is beyond what can be counted.')
    if (byte < 128) return value
  }
}

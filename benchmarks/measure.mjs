/**
 * Times two contenders turn about, so that a machine that slows down slows both, and answers the median of each and of
 * the ratios pair by pair. `before` prepares what ours needs each time and is not measured.
 */
export async function compare(ours, theirs, { rounds = 15, warmup = 3, before = () => {} } = {}) {
  for (let round = 0; round < warmup; round++) {
    await before()
    await ours()
    await theirs()
  }
  const pairs = []
  for (let round = 0; round < rounds; round++) {
    await before()
    // Who goes first alternates: the second one of a pair finds warmer caches and fuller heaps.
    const [first, second] = round % 2 === 0 ? [ours, theirs] : [theirs, ours]
    const [a, b] = [await time(first), await time(second)]
    pairs.push(round % 2 === 0 ? { ours: a, theirs: b } : { ours: b, theirs: a })
  }
  return {
    oursMs: median(pairs.map((pair) => pair.ours)),
    theirsMs: median(pairs.map((pair) => pair.theirs)),
    ratio: median(pairs.map((pair) => pair.ours / pair.theirs)),
  }
}

export async function time(work) {
  const start = performance.now()
  await work()
  return performance.now() - start
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

/** Prints one line: what was measured, the ratio, its goal if it has one, and the absolute times for orientation. */
export function report(claim, { ratio, oursMs, theirsMs }, { goal, contender }) {
  const verdict = goal === undefined ? '' : `goal ≤ ${goal}×, ${ratio <= goal ? 'reached' : 'NOT REACHED'}; `
  console.log(
    `${claim}: ${ratio.toFixed(3)}× of ${contender} (${verdict}${oursMs.toFixed(2)} ms against ${theirsMs.toFixed(2)} ms)`,
  )
}

/** Prints a figure that has a bound of its own instead of a contender. */
export function reportBound(claim, value, { bound, unit }) {
  console.log(
    `${claim}: ${value.toFixed(unit === 'ns' ? 0 : 2)} ${unit} (bound ≤ ${bound} ${unit}, ${value <= bound ? 'reached' : 'NOT REACHED'})`,
  )
}

// One contender on one row, in a thread of its own that can be ended when it takes too long.
import { parentPort, workerData } from 'node:worker_threads'
import { contenders } from './diff-contenders.mjs'
import { rowsByName } from './diff-rows.mjs'
import { median } from './measure.mjs'

const { contender, row } = workerData
const pairs = rowsByName[row]()
const diff = contenders[contender]
const once = () => {
  let changed = 0
  for (const [before, after] of pairs) {
    const { inserted, deleted } = diff(before, after)
    changed += inserted + deleted
  }
  return changed
}
const timed = () => {
  const start = performance.now()
  const changed = once()
  return { ms: performance.now() - start, changed }
}
// At least three times, at least half a second: what is quick is optimized by then.
const first = timed()
const times = []
for (const end = performance.now() + 500; times.length < 3 || performance.now() < end; ) {
  times.push(timed().ms)
  if (first.ms > 2_000 && times.length === 1) break
}
parentPort.postMessage({ ms: median(times.slice(Math.floor(times.length / 2))), changed: first.changed })

// Minimal line diffs from two strings, against every contender that is minimal in the row too and ends within 20 s.
import { Worker } from 'node:worker_threads'
import { contenders } from './diff-contenders.mjs'
import { rowsByName } from './diff-rows.mjs'
import { report } from './measure.mjs'

const patienceMs = 20_000

for (const row of Object.keys(rowsByName)) {
  const results = new Map()
  for (const contender of Object.keys(contenders)) results.set(contender, await measure(contender, row))
  const ours = results.get('ours')
  const others = [...results].filter(([name]) => name !== 'ours')
  const minimal = others.filter(([, result]) => result && result.changed === ours.changed)
  const [best, result] = minimal.reduce((one, other) => (other[1].ms < one[1].ms ? other : one))
  const ratio = ours.ms / result.ms
  report(`diff of ${row}`, { ratio, oursMs: ours.ms, theirsMs: result.ms }, { goal: 1.1, contender: best })
  for (const [name, other] of others) {
    if (other === undefined) console.log(`  ${name}: left out, over ${patienceMs / 1_000} s`)
    else if (other.changed !== ours.changed)
      console.log(`  ${name}: left out, ${other.changed} instead of ${ours.changed}`)
    else console.log(`  ${name}: ${other.ms.toFixed(2)} ms`)
  }
}

/** Undefined when it takes too long. */
function measure(contender, row) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./diff-worker.mjs', import.meta.url), { workerData: { contender, row } })
    const timer = setTimeout(() => {
      resolve(undefined)
      void worker.terminate()
    }, patienceMs)
    worker.once('message', (result) => {
      clearTimeout(timer)
      resolve(result)
    })
    worker.once('error', reject)
  })
}

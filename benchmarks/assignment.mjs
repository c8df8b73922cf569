// One of 100 experiments, assigned from memory. Bare: only the variant of a unit. Whole: a rule says who takes part, and
// an exposure is remembered for each unit and experiment once; so do the contenders, offline, in the same run.

import { setTimeout } from 'node:timers/promises'
import { assignVariant, compileTargeting, decodeSlots } from '@fairlead/core/experiment'
import { createExperiments } from '@fairlead/sdk/experiment'
import {
  asked,
  experimentCount,
  fairleadTests,
  openGrowthBook,
  openOptimizely,
  openStatsig,
  openUnleash,
} from './assignment-contenders.mjs'
import { compare, median, report, reportBound } from './measure.mjs'

const perRound = 20_000
const rounds = 9

/** As a random UUID is written, but the same in every run. Out of a buffer, as ids come: joined texts are slow to read first. */
function idOf(number) {
  const hex = (Math.imul(number + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
  return Buffer.from(
    `${hex}-${hex.slice(4)}-4${hex.slice(1, 4)}-a${hex.slice(2, 5)}-${hex}${hex.slice(0, 4)}`,
  ).toString()
}

let next = 0
const distinct = () => {
  const ids = Array.from({ length: perRound }, () => idOf(next++))
  // What was made before the clock runs is cleared away before it runs.
  globalThis.gc?.()
  return ids
}
const returning = distinct()
const same = Array.from({ length: perRound }, () => idOf(0))

const tests = fairleadTests(compileTargeting)
reportBare()

function reportBare() {
  const bare = tests.map(({ id, seed, slots }) => ({ id, seed, slots: decodeSlots(slots) }))
  for (const [name, newIds] of [
    ['one id over and over', () => same],
    ['ids that are new', distinct],
  ]) {
    const times = []
    for (let round = 0; round < 60; round++) {
      const units = newIds().map((id) => ({ id }))
      const test = bare[round % experimentCount]
      const ms = timeSync(() => {
        let candidates = 0
        for (const unit of units) candidates += assignVariant(test, unit).variant
        return candidates
      })
      if (round >= 20) times.push((ms * 1e6) / perRound)
    }
    reportBound(`bare assignment, ${name}`, median(times), { bound: 100, unit: 'ns' })
  }
}

function timeSync(work) {
  const start = performance.now()
  work()
  return performance.now() - start
}

/** The SDK, given its tests; what it sends waits until `settle`, as it would for a network. */
function openFairlead() {
  let sent = 0
  let gate = Promise.withResolvers()
  const fetch = async (_url, { body }) => {
    await gate.promise
    const { exposures } = JSON.parse(body)
    sent += exposures.length
    const recorded = { recorded: exposures.length, repeated: 0 }
    return Response.json({
      exposures: recorded,
      observations: { recorded: 0, repeated: 0 },
      leftAside: [],
      leftAsideCount: 0,
    })
  }
  const experiments = createExperiments({
    baseUrl: 'http://127.0.0.1:9',
    apiKey: 'benchmark',
    fetch,
    bootstrap: { tests },
    events: false,
    onError: (error) => console.error(error),
  })
  return {
    assign: (user, plan, country) =>
      experiments.variant(asked, { attributes: { user, plan, country } }).payload ?? 'none',
    exposed: () => sent,
    async settle() {
      gate.resolve()
      await experiments.flush()
      gate = Promise.withResolvers()
    },
  }
}

const ours = openFairlead()
const contenders = {
  '@growthbook/growthbook': openGrowthBook(),
  'unleash-client': await openUnleash(),
  '@optimizely/optimizely-sdk': await openOptimizely(),
  'statsig-node': await openStatsig(),
}
for (const [name, one] of Object.entries({ ours, ...contenders })) await check(name, one)

async function check(name, { assign, exposed, settle }) {
  const found = distinct().map((id) => assign(id, 'pro', 'FR'))
  const share = found.filter((variant) => variant === 'candidate').length / perRound
  const others = found.filter((variant) => variant !== 'candidate' && variant !== 'control').length
  if (others > 0 || Math.abs(share - 0.5) > 0.02) throw new Error(`${name} assigns ${share} and leaves out ${others}`)
  if (assign(idOf(0), 'free', 'FR') === 'candidate' || assign(idOf(0), 'pro', 'US') !== 'none')
    throw new Error(`${name} assigns whom the rule leaves out`)
  await settle?.()
  // Some count in the background.
  for (let waits = 0; exposed() < 0.9 * perRound && waits < 100; waits++) await setTimeout(20)
  if (exposed() < 0.9 * perRound) throw new Error(`${name} has counted ${exposed()} exposures only`)
}

const run =
  ({ assign }, ids) =>
  () => {
    let candidates = 0
    for (const id of ids()) if (assign(id, 'pro', 'FR') === 'candidate') candidates++
    return candidates
  }

for (const [name, batches] of [
  ['one id over and over', () => same],
  ['ids that return', () => returning],
  ['ids that are new', distinct],
]) {
  for (const [contender, theirs] of Object.entries(contenders)) {
    // Both are given the same ids, which are made before the clock runs.
    let ids
    const before = async () => {
      await ours.settle()
      ids = batches()
    }
    const result = await compare(
      run(ours, () => ids),
      run(theirs, () => ids),
      { rounds, before },
    )
    const ns = (ms) => `${((ms * 1e6) / perRound).toFixed(0)} ns`
    report(
      `assignment with targeting and exposures, ${name} (${ns(result.oursMs)} against ${ns(result.theirsMs)})`,
      result,
      {
        goal: 0.2,
        contender,
      },
    )
  }
}
for (const { close } of Object.values(contenders)) await close()
process.exit(0)

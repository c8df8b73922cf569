// The chance that each arm is the best and what is expected to be given up by choosing it, from counts of successes: by
// quadrature against 100,000 samples of each arm's beta distribution, drawn by jstat, whose error is 1e-3.

import { analyzeMetric, betaPosterior, compareArms } from '@fairlead/core/experiment'
import jstat from 'jstat'
import { compare, report } from './measure.mjs'

const samples = 100_000
const perRound = 200
const share = 0.1
const sizes = [1e3, 1e5, 1e7]

/** Arms of n trials each, the best ahead by so many standard errors of a difference. */
function armsOf(count, n, lead = 1) {
  const step = (lead * Math.sqrt(2 * n * share * (1 - share))) / Math.max(1, count - 1)
  return Array.from({ length: count }, (_, arm) => ({ successes: Math.round(n * share + arm * step), trials: n }))
}

function byQuadrature(arms) {
  const { probabilityBest, expectedLoss } = compareArms(arms.map(betaPosterior))
  return { best: probabilityBest, loss: expectedLoss }
}

function bySamples(arms) {
  const best = arms.map(() => 0)
  const loss = arms.map(() => 0)
  const values = arms.map(() => 0)
  for (let sample = 0; sample < samples; sample++) {
    let highest = 0
    for (let arm = 0; arm < arms.length; arm++) {
      const { successes, trials } = arms[arm]
      values[arm] = jstat.beta.sample(successes + 1, trials - successes + 1)
      if (values[arm] > values[highest]) highest = arm
    }
    best[highest] += 1 / samples
    for (let arm = 0; arm < arms.length; arm++) loss[arm] += (values[highest] - values[arm]) / samples
  }
  return { best, loss }
}

const many = (work) => () => {
  for (let n = 0; n < perRound; n++) work()
}

for (const n of sizes) {
  const arms = armsOf(2, n)
  const [exact, drawn] = [byQuadrature(arms), bySamples(arms)]
  if (exact.best.some((chance, arm) => Math.abs(chance - drawn.best[arm]) > 0.01)) throw new Error('they do not agree')
  const result = await compare(
    many(() => byQuadrature(arms)),
    () => bySamples(arms),
    { rounds: 9, warmup: 2 },
  )
  const one = {
    oursMs: result.oursMs / perRound,
    theirsMs: result.theirsMs,
    ratio: result.ratio / perRound,
  }
  const times = `${(1 / one.ratio).toFixed(0)} times as fast, ${(one.oursMs * 1_000).toFixed(1)} µs`
  report(`P(best) and loss of 2 arms at n = ${n.toExponential()} (${times})`, one, {
    goal: 0.001,
    contender: `${samples.toLocaleString('en')} samples by jstat`,
  })
}
const [few, most] = [armsOf(2, sizes[0]), armsOf(2, sizes.at(-1))]
const growth = await compare(
  many(() => byQuadrature(most)),
  many(() => byQuadrature(few)),
  { rounds: 31 },
)
report('2 arms at n = 1e+7', growth, { goal: 1.5, contender: '2 arms at n = 1e+3' })
const five = armsOf(5, 1e5)
const arms = await compare(
  many(() => byQuadrature(five)),
  many(() => byQuadrature(armsOf(2, 1e5))),
  { rounds: 31 },
)
report('5 arms', arms, { goal: 15, contender: '2 arms' })

const metric = { model: 'proportion', margin: 0.01 }
for (const count of [2, 5]) {
  const strata = [armsOf(count, 1e5).map(({ successes, trials }) => ({ moments: unitsOf(successes, trials) }))]
  const work = () => analyzeMetric({ metric, strata, level: 0.95 })
  if (work().some(({ probabilityBest }) => probabilityBest === null)) throw new Error('an arm has no result')
  const arms = armsOf(count, 1e5)
  const result = await compare(work, () => bySamples(arms), { rounds: 15, warmup: 5 })
  report(`a metric of ${count} arms, with intervals and lifts`, result, {
    contender: 'samples that tell P(best) and loss only',
  })
}

/** Of units that were observed once each. */
function unitsOf(successes, units) {
  const mean = successes / units
  return { units, meanN: 1, meanX: mean, nn: 0, nx: 0, xx: units * mean * (1 - mean) }
}

import { credibleInterval } from '../statistics/interval.ts'
import { betaPosterior } from '../statistics/posterior.ts'
import type { StoppingRule } from '../stopping/rule.ts'
import { planSampleSize } from '../stopping/sample-size.ts'
import type { Follower, Tally } from './simulate.ts'
import { simulate } from './simulate.ts'

/** A kind of test that the guarantees are shown on. */
export interface Setting {
  arms: number
  rate: number
  /** 1, or 1 to as many with an intra-unit correlation of 0.3. */
  runsPerUnit: number
}

export interface Finding extends Setting {
  mode: StoppingRule['mode']
  looks: number
  unitsPerArm: number
  /** All arms alike. */
  allAlike: Tally
  /** The two best alike, the others worse by the planned effect: the hardest case; of two arms the same. */
  bestTwoAlike: Tally
  /** One better than all others by the planned effect. */
  oneBetter: Tally
  /** Of the test of one look, on the same tests. */
  fixed: Tally
}

export interface SimulationOptions {
  tests: number
  /** Tests in which one arm is better, for power. */
  powerTests: number
  looks: readonly number[]
  /** Of the test of one look, from which the horizon follows. */
  power: number
  /** Threshold of planned looks. */
  futility: number | null
  seed: number
}

const alpha = 0.05
const correlation = 0.3

/** Relative effects, such that tests have hundreds of events or more, by rate. */
const effects = new Map([
  [0.001, { single: 0.3, clustered: 1 }],
  [0.02, { single: 0.2, clustered: 0.3 }],
  [0.1, { single: 0.1, clustered: 0.1 }],
  [0.5, { single: 0.05, clustered: 0.03 }],
])

/** What the rules of both modes do on a setting, at each number of looks. */
export function findingsOf(setting: Setting, options: SimulationOptions): Finding[] {
  const { arms, rate, runsPerUnit } = setting
  const isClustered = runsPerUnit > 1
  const relative = effects.get(rate)![isClustered ? 'clustered' : 'single']
  const effect = { relative }
  const finest = Math.max(...options.looks)
  const { unitsPerArm: needed } = planSampleSize({
    metric: { kind: 'proportion', baseline: rate },
    effect,
    alpha,
    power: options.power,
    arms,
    mode: 'fixed',
    ...(isClustered && { runs: { ...uniformRuns(runsPerUnit), correlation } }),
  })
  const perLook = Math.max(1, Math.round(needed / finest))
  const unitsPerArm = perLook * finest
  const rules = rulesFor(effect, unitsPerArm * arms, options.futility)
  const followers: Follower[] = options.looks.flatMap((looks) => rules.map((rule) => ({ rule, looks })))
  const run = (rates: readonly number[], tests: number, seed: number) =>
    simulate(
      followers,
      { rates, unitsPerLook: rates.map(() => perLook), looks: finest, runsPerUnit, correlation },
      { tests, seed: options.seed + seed },
    )
  const others = (count: number) => Array.from({ length: count }, () => rate)
  const better = rate * (1 + relative)
  const allAlike = run(others(arms), options.tests, 1)
  const bestTwoAlike = arms === 2 ? allAlike : run([better, ...others(arms - 2), better], options.tests, 2)
  const oneBetter = run([...others(arms - 1), better], options.powerTests, 3)
  return followers.map(({ rule, looks }, index) => ({
    ...setting,
    mode: rule.mode,
    looks,
    unitsPerArm,
    allAlike: allAlike.followers[index]!,
    bestTwoAlike: bestTwoAlike.followers[index]!,
    oneBetter: oneBetter.followers[index]!,
    fixed: oneBetter.fixed,
  }))
}

function rulesFor(effect: { relative: number }, horizon: number, futility: number | null): StoppingRule[] {
  const both = { alpha, model: 'proportion', lowerIsBetter: false, effect, minimumUnits: 0, maximumLoss: null } as const
  return [
    { ...both, mode: 'planned_looks', horizon, futility },
    { ...both, mode: 'always_valid' },
  ]
}

function uniformRuns(most: number): { perUnit: number; variation: number } {
  const perUnit = (most + 1) / 2
  return { perUnit, variation: Math.sqrt((most ** 2 - 1) / 12) / perUnit }
}

/** Upper end of Clopper and Pearson's 99 % interval. */
export function upperBound(count: number, tests: number): number {
  return count >= tests
    ? 1
    : credibleInterval(betaPosterior({ successes: count, trials: tests - 1, prior: [1, 1] }), 0.99).upper
}

export interface Verdict {
  falseWinners: number
  /** Upper 99 % bound of the worse of both cases. */
  falseWinnersAtMost: number
  power: number
  /** Of the power of the test of one look. */
  relativePower: number
  meanSample: number
  /** What was promised and does not hold. */
  broken: string[]
}

/** Holds a finding to what its mode promises. */
export function judge({ mode, allAlike, bestTwoAlike, oneBetter, fixed }: Finding): Verdict {
  const worse = bestTwoAlike.falseWinners > allAlike.falseWinners ? bestTwoAlike : allAlike
  const falseWinnersAtMost = upperBound(worse.falseWinners, worse.tests)
  const relativePower = oneBetter.trueWinners / fixed.trueWinners
  const isPlanned = mode === 'planned_looks'
  const broken = [
    ...(falseWinnersAtMost > (isPlanned ? 0.055 : 0.05) ? ['false winners'] : []),
    ...(isPlanned && relativePower < 0.97 ? ['power'] : []),
    ...(isPlanned && oneBetter.meanSample > 0.75 ? ['sample'] : []),
  ]
  return {
    falseWinners: worse.falseWinners / worse.tests,
    falseWinnersAtMost,
    power: oneBetter.trueWinners / oneBetter.tests,
    relativePower,
    meanSample: oneBetter.meanSample,
    broken,
  }
}

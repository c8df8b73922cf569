import type { StoppingRule } from '../stopping/rule.ts'
import type { Decide, Standing } from './decide.ts'
import { decider, fixedWinner, standingOf } from './decide.ts'
import { randomSource } from './random-source.ts'
import type { Course } from './trial.ts'
import { simulatedArms } from './trial.ts'

/** A rule, and how often it looks: it divides the looks of the course. */
export interface Follower {
  rule: StoppingRule
  looks: number
}

export interface Tally {
  tests: number
  /** Tests in which an arm was declared that is not better than all others. */
  falseWinners: number
  /** Tests in which the one best arm was declared. */
  trueWinners: number
  /** Of the sample of the last look, on average over tests. */
  meanSample: number
}

/** Runs rules on the same simulated tests, along with the test of one look at the end. */
export function simulate(
  followers: readonly Follower[],
  course: Course,
  { tests, seed }: { tests: number; seed: number },
): { followers: Tally[]; fixed: Tally } {
  const random = randomSource(seed)
  const best = bestArm(course)
  const arms = simulatedArms(course)
  const begin = followers.map(({ rule, looks }) => decider(rule, course.rates.length, looks))
  const every = followers.map(({ looks }) => course.looks / looks)
  const tallies = followers.map(() => noTests(tests))
  const fixed = noTests(tests)
  for (let test = 0; test < tests; test++) {
    arms.reset()
    const open: (Decide | null)[] = begin.map((next) => next())
    for (let look = 1; look <= course.looks; look++) {
      arms.grow(random)
      let standing: Standing | undefined
      for (let index = 0; index < open.length; index++) {
        const decide = open[index]
        if (decide === null || decide === undefined || look % every[index]! !== 0) continue
        standing ??= standingOf(arms.moments)
        const decision = decide(standing, look / every[index]!)
        if (decision === null && look < course.looks) continue
        open[index] = null
        count(tallies[index]!, decision, best, look / course.looks)
      }
    }
    count(fixed, fixedWinner(standingOf(arms.moments), followers[0]!.rule.alpha), best, 1)
  }
  return { followers: tallies, fixed }
}

function noTests(tests: number): Tally {
  return { tests, falseWinners: 0, trueWinners: 0, meanSample: 0 }
}

function count(tally: Tally, decision: ReturnType<Decide>, best: number | null, share: number): void {
  tally.meanSample += share / tally.tests
  if (typeof decision === 'number') tally[decision === best ? 'trueWinners' : 'falseWinners']++
}

/** The one that is better than all others; null where several are alike. */
function bestArm({ rates, lowerIsBetter = false }: Course): number | null {
  const best = lowerIsBetter ? Math.min(...rates) : Math.max(...rates)
  return rates.filter((rate) => rate === best).length === 1 ? rates.indexOf(best) : null
}

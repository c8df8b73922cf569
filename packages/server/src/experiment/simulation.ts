import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Course, SimulationRequest, SimulationResult, StoppingRule, Tally } from '@fairlead/core/experiment'
import { simulate } from '@fairlead/core/experiment'
import { invalid } from './draft-check.ts'

/** So many tests are simulated before others have their turn. */
const pieceSize = 20

/** What a rule does on simulated tests: of the same seed the same. Shares are metrics of successes, whatever the test measures. */
export async function simulateRule(
  rule: StoppingRule,
  weights: readonly number[],
  request: SimulationRequest,
): Promise<SimulationResult> {
  const { baseline, looks, runsPerUnit, correlation, tests, seed } = request
  const units = request.units ?? (rule.mode === 'planned_looks' ? rule.horizon : undefined)
  if (units === undefined) throw invalid([{ pointer: '/units', message: 'must be given: the test has no horizon' }])
  const effect = request.effect ?? rule.effect
  const better = baseline + ('relative' in effect ? baseline * effect.relative : effect.absolute)
  if (better >= 1) throw invalid([{ pointer: '/effect', message: `must leave a rate below 1, and makes it ${better}` }])
  const arms = weights.filter((weight) => weight > 0)
  const total = arms.reduce((sum, weight) => sum + weight, 0)
  const unitsPerLook = arms.map((weight) => Math.max(1, Math.round((units * weight) / total / looks)))
  const sample = unitsPerLook.reduce((sum, count) => sum + count, 0) * looks
  const simulated = { ...rule, model: 'proportion' as const, lowerIsBetter: false, effect }
  const followed = simulated.mode === 'planned_looks' ? { ...simulated, horizon: sample } : simulated
  const run = (rates: number[]) =>
    inPieces({ rates, unitsPerLook, looks, runsPerUnit, correlation }, { rule: followed, tests, seed, sample })
  return {
    tests,
    units: sample,
    alike: await run(arms.map(() => baseline)),
    better: await run(arms.map((_, arm) => (arm === arms.length - 1 ? better : baseline))),
  }
}

type Simulated = SimulationResult['alike']['rule']

async function inPieces(
  course: Course,
  { rule, tests, seed, sample }: { rule: StoppingRule; tests: number; seed: number; sample: number },
): Promise<SimulationResult['alike']> {
  const counts = { rule: none(), oneLook: none() }
  for (let done = 0; done < tests; done += pieceSize) {
    const size = Math.min(pieceSize, tests - done)
    const piece = simulate([{ rule, looks: course.looks }], course, { tests: size, seed: seed + done })
    add(counts.rule, piece.followers[0]!)
    add(counts.oneLook, piece.fixed)
    await nextTurn()
  }
  const shareOf = ({ falseWinners, trueWinners, units }: Simulated): Simulated => ({
    falseWinners: falseWinners / tests,
    trueWinners: trueWinners / tests,
    units: Math.round((units * sample) / tests),
  })
  return { rule: shareOf(counts.rule), oneLook: shareOf(counts.oneLook) }
}

/** Units in samples. */
function add(counts: Simulated, tally: Tally): void {
  counts.falseWinners += tally.falseWinners
  counts.trueWinners += tally.trueWinners
  counts.units += tally.meanSample * tally.tests
}

function none(): Simulated {
  return { falseWinners: 0, trueWinners: 0, units: 0 }
}

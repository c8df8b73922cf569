import { setImmediate as nextTurn } from 'node:timers/promises'
import type {
  Course,
  Metric,
  SimulationRequest,
  SimulationResult,
  StoppingRule,
  Tally,
} from '@fairlead/core/experiment'
import { simulate } from '@fairlead/core/experiment'
import { invalid } from './draft-check.ts'

/** So many tests are simulated before others have their turn. */
const pieceSize = 20

/** Where every unit is drawn by itself. */
const mostDraws = 50_000_000
/** Events of one unit, whose chances are written down one by one. */
const mostEvents = 1_000

/** What a rule does on simulated tests of its primary metric: of the same seed the same. */
export async function simulateRule(
  rule: StoppingRule,
  primary: Pick<Metric, 'name' | 'model'>,
  weights: readonly number[],
  request: SimulationRequest,
): Promise<SimulationResult> {
  const { baseline, looks, runsPerUnit, correlation, tests, seed } = request
  const units = request.units ?? (rule.mode === 'planned_looks' ? rule.horizon : undefined)
  if (units === undefined) throw invalid([{ pointer: '/units', message: 'must be given: the test has no horizon' }])
  const model = modelOf(primary, request)
  if (model !== 'proportion' && units * tests > mostDraws) {
    const message = `must not make up more than ${mostDraws} units over all "tests", as every value is drawn by itself`
    throw invalid([{ pointer: '/units', message }])
  }
  const effect = request.effect ?? rule.effect
  const size = 'relative' in effect ? Math.abs(baseline) * effect.relative : effect.absolute
  const better = rule.lowerIsBetter ? baseline - size : baseline + size
  assertMean(model, '/effect', better)
  const arms = weights.filter((weight) => weight > 0)
  const total = arms.reduce((sum, weight) => sum + weight, 0)
  const unitsPerLook = arms.map((weight) => Math.max(1, Math.round((units * weight) / total / looks)))
  const sample = unitsPerLook.reduce((sum, count) => sum + count, 0) * looks
  // The course turns what is better when lower, after which a share of the mean is another one.
  const simulated = { ...rule, lowerIsBetter: false, effect: { absolute: size } }
  const followed = simulated.mode === 'planned_looks' ? { ...simulated, horizon: sample } : simulated
  const { lowerIsBetter } = rule
  const run = (rates: number[]) => {
    const deviations = rates.map((mean) => (model === 'log_normal' ? (request.sd! * mean) / baseline : request.sd!))
    const course = { rates, deviations, model, lowerIsBetter, unitsPerLook, looks, runsPerUnit, correlation }
    return inPieces(course, { rule: followed, tests, seed, sample })
  }
  return {
    tests,
    units: sample,
    alike: await run(arms.map(() => baseline)),
    better: await run(arms.map((_, arm) => (arm === arms.length - 1 ? better : baseline))),
  }
}

type Model = Exclude<Metric['model'], 'quantile'>

/** Throws where what is to be simulated can't be values of the primary metric. */
function modelOf({ name, model }: Pick<Metric, 'name' | 'model'>, request: SimulationRequest): Model {
  // A primary metric is none.
  if (model === 'quantile') throw invalid([{ pointer: '/baseline', message: 'can be simulated of no quantile' }])
  const { baseline, sd, runsPerUnit } = request
  const isOfValues = model === 'mean' || model === 'log_normal'
  if (isOfValues !== (sd !== undefined)) {
    const message = isOfValues ? 'must be given' : 'must be left out, for it follows from the baseline'
    throw invalid([{ pointer: '/sd', message: `${message}: the primary metric "${name}" is of model "${model}"` }])
  }
  assertMean(model, '/baseline', baseline)
  if (model === 'count' && baseline * runsPerUnit > mostEvents)
    throw invalid([{ pointer: '/baseline', message: `must make at most ${mostEvents} events of one unit` }])
  return model
}

function assertMean(model: Model, pointer: string, mean: number): void {
  if (model === 'mean') return
  const isPossible = mean > 0 && (model !== 'proportion' || mean < 1)
  if (isPossible) return
  const most = model === 'proportion' ? ' and below 1' : ''
  const message = `must leave a mean above 0${most}, as the primary metric is of model "${model}", and makes it ${mean}`
  throw invalid([{ pointer, message }])
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

import { expectedLoss } from '../statistics/best.ts'
import { invalidEvidence } from '../statistics/evidence.ts'
import { normalPosterior } from '../statistics/posterior.ts'
import type { AssignedUnits } from '../statistics/sample-ratio-evidence.ts'
import { sampleRatioEvidence } from '../statistics/sample-ratio-evidence.ts'
import type { Strata } from '../statistics/stratified-estimate.ts'
import { stratifiedEstimates } from '../statistics/stratified-estimate.ts'
import type { Estimate } from '../statistics/unit-moments.ts'
import type { PairScore } from './comparison.ts'
import { beatsAll, pairScores, plannedDrift } from './comparison.ts'
import { expectedEvents, leastExpected } from './expected-events.ts'
import { logMixtureEValue } from './mixture.ts'
import type { PlannedPair } from './planned-look.ts'
import { conditionalPower, plannedPairs } from './planned-look.ts'
import type { StoppingRule } from './rule.ts'
import { armLevel, requireRule } from './rule.ts'
import { standardized } from './score.ts'

/** What a look sees. */
export interface Evidence {
  strata: Strata
  /** The arms that may still win and must be beaten, by index; all when left out. Their number at the start sets the level. */
  contenders?: readonly number[] | undefined
  /** Units assigned in each epoch, whether anything was observed of them or not; a mismatch holds a winner back. */
  assigned?: readonly AssignedUnits[] | undefined
}

/**
 * Why a look decides nothing or no winner. Nothing is to spend when it is too early or hardly anything is new since the look
 * before; the level that is due then is left to the next one. The last three go with `futile`.
 */
export type LookReason =
  | 'too_few_units'
  | 'too_few_events'
  | 'nothing_to_spend'
  | 'sample_ratio_mismatch'
  | 'expected_loss'
  | 'past_horizon'
  | 'horizon_reached'
  | 'improbable'

/** One arm against another one. Scores are such that more is better, also where lower values are. */
export interface LookPair {
  arm: number
  other: number
  /** The score over its standard deviation: above 0 where `arm` is better. */
  z: number
  sum: number
  variance: number
  /** Half the harmonic mean of the units of both, over epochs. */
  information: number
  /** Of planned looks. */
  boundary: number | null
  spent: number | null
  /** Of always valid looks: logarithms of the e-values for `arm` being better, and for `other`. */
  logEValues: readonly [number, number] | null
}

/** All that a decision rests on and what it is; plain JSON, and the same for the same rule, history and evidence. */
export interface Look {
  /** From 1. */
  look: number
  /** Per arm, over epochs. */
  units: readonly number[]
  /** Of the horizon; null without one. */
  fraction: number | null
  /** Per contender; null before each has two units in one epoch. */
  estimates: readonly Estimate[] | null
  expectedEvents: number
  pairs: readonly LookPair[]
  /** Of planned looks z is compared with `boundary`; of always valid ones log e-values with this. */
  logThreshold: number | null
  /** Of the mixture of e-values: set by the first look that may decide, and kept. */
  precision: number | null
  /** Per contender, how likely it is to win by the horizon, at most; null where it is not asked. */
  conditionalPower: readonly number[] | null
  sampleRatio: number | null
  decision: 'continue' | 'winner' | 'futile'
  winner: number | null
  reasons: readonly LookReason[]
}

/**
 * Judges the evidence by the rule, given the looks before: whether an arm has won, none is likely to any more, or the test
 * goes on. Nothing but the arguments goes in, and the same bytes come out.
 */
export function takeLook(rule: StoppingRule, history: readonly Look[], evidence: Evidence): Look {
  requireRule(rule)
  const { strata, assigned } = evidence
  const arms = armCount(strata)
  const contenders = evidence.contenders ?? Array.from({ length: arms }, (_, arm) => arm)
  const units = Array.from({ length: arms }, (_, arm) => strata.reduce((sum, stratum) => sum + stratum[arm]!.units, 0))
  const scores = pairScores(strata, contenders, rule.lowerIsBetter)
  const events = expectedEvents(strata, contenders, rule.model)
  const early: LookReason[] = []
  if (contenders.some((arm) => units[arm]! < rule.minimumUnits)) early.push('too_few_units')
  if (events < leastExpected[rule.model]) early.push('too_few_events')
  const level = armLevel(rule.alpha, arms)
  const drift = plannedDrift(strata, scores, rule.effect)
  const seen: Seen = { rule, history, contenders, scores, level, drift, early, units }
  const judged = rule.mode === 'planned_looks' ? judgePlanned(seen, rule) : judgeAlwaysValid(seen)

  const estimates = stratifiedEstimates(strata, contenders)
  const sampleRatio = assigned === undefined ? null : sampleRatioEvidence(assigned)
  const held: LookReason[] = []
  if (judged.winner !== null) {
    if (sampleRatio?.isMismatch) held.push('sample_ratio_mismatch')
    if (losesMore(rule, contenders, estimates, judged.winner)) held.push('expected_loss')
  }
  const winner = held.length === 0 ? judged.winner : null
  const isFutile = winner === null && judged.reasons.some((reason) => endings.has(reason))
  return {
    look: history.length + 1,
    units,
    fraction: judged.fraction,
    estimates,
    expectedEvents: events,
    pairs: judged.pairs,
    logThreshold: judged.logThreshold,
    precision: judged.precision,
    conditionalPower: judged.conditionalPower,
    sampleRatio: sampleRatio?.logEValue ?? null,
    decision: winner !== null ? 'winner' : isFutile ? 'futile' : 'continue',
    winner,
    reasons: [...early, ...judged.reasons, ...held],
  }
}

interface Seen {
  rule: StoppingRule
  history: readonly Look[]
  contenders: readonly number[]
  scores: readonly PairScore[]
  level: number
  drift: number | null
  early: readonly LookReason[]
  units: readonly number[]
}

type Judged = Pick<
  Look,
  'fraction' | 'pairs' | 'logThreshold' | 'precision' | 'conditionalPower' | 'winner' | 'reasons'
>

const endings: ReadonlySet<LookReason> = new Set(['horizon_reached', 'past_horizon', 'improbable'])

function judgePlanned(seen: Seen, { horizon, futility }: { horizon: number; futility: number | null }): Judged {
  const { history, contenders, scores, level, early } = seen
  const all = seen.units.reduce((sum, count) => sum + count, 0)
  const fraction = Math.min(1, all / horizon)
  // A look at the horizon that had too few events spent nothing; the next one that has enough is the last.
  const isPast = history.some((look) => look.fraction === 1 && look.pairs.some(({ boundary }) => boundary !== null))
  const isOpen = early.length === 0 && !isPast
  const planned: readonly PlannedPair[] = isOpen
    ? plannedPairs(scores, history, { fraction, level })
    : scores.map(({ arm, other }) => ({ boundary: null, spent: spentBefore(history, arm, other) }))
  const pairs = scores.map((score, index) => ({ ...pairOf(score), ...planned[index]! }))
  const winner = beatsAll(contenders, pairs, (index, isForward) => {
    const { z, boundary } = pairs[index]!
    return boundary !== null && (isForward ? z : -z) >= boundary
  })
  const power = isOpen && fraction < 1 && futility !== null ? powerToWin(seen, fraction) : null
  const reasons: LookReason[] = []
  if (isPast) reasons.push('past_horizon')
  else if (isOpen && fraction === 1) reasons.push('horizon_reached')
  else if (isOpen && pairs.every(({ boundary }) => boundary === null)) reasons.push('nothing_to_spend')
  if (power?.every((probability) => probability < futility!)) reasons.push('improbable')
  const isWon = winner !== null
  return {
    fraction,
    pairs,
    logThreshold: null,
    precision: null,
    conditionalPower: power,
    winner,
    reasons: isWon ? reasons.filter((reason) => !endings.has(reason)) : reasons,
  }
}

function judgeAlwaysValid({ history, contenders, scores, level, drift, early }: Seen): Judged {
  const isOpen = early.length === 0
  const kept = history.find((look) => look.precision !== null)?.precision ?? null
  const precision = kept ?? (isOpen && drift !== null ? drift ** -2 : null)
  const logThreshold = -Math.log(level)
  const pairs = scores.map((score) => ({
    ...pairOf(score),
    logEValues:
      precision === null
        ? null
        : ([logMixtureEValue(score, precision), logMixtureEValue({ ...score, sum: -score.sum }, precision)] as const),
  }))
  const winner = beatsAll(contenders, pairs, (index, isForward) => {
    const values = pairs[index]!.logEValues
    return isOpen && values !== null && values[isForward ? 0 : 1] >= logThreshold
  })
  return { fraction: null, pairs, logThreshold, precision, conditionalPower: null, winner, reasons: [] }
}

function pairOf(score: PairScore): LookPair {
  const { arm, other, sum, variance, information } = score
  return {
    arm,
    other,
    z: standardized(score),
    sum,
    variance,
    information,
    boundary: null,
    spent: null,
    logEValues: null,
  }
}

/** By the pair that is the hardest for each. */
function powerToWin({ contenders, scores, level, drift }: Seen, fraction: number): number[] | null {
  if (drift === null) return null
  return contenders.map((candidate) => {
    const powers = scores.flatMap(({ arm, other, sum, variance }) => {
      if (arm !== candidate && other !== candidate) return []
      return [conditionalPower({ sum: arm === candidate ? sum : -sum, variance }, { fraction, level, drift })]
    })
    return Math.min(...powers)
  })
}

/** From the likelihood alone: under a flat prior. */
function losesMore(
  { maximumLoss, lowerIsBetter }: StoppingRule,
  contenders: readonly number[],
  estimates: readonly Estimate[] | null,
  winner: number,
): boolean {
  if (maximumLoss === null) return false
  if (estimates === null) return true
  const posteriors = estimates.map(({ value, variance }) => normalPosterior({ mean: value, sd: Math.sqrt(variance) }))
  return !(expectedLoss(posteriors, { lowerIsBetter })[contenders.indexOf(winner)]! <= maximumLoss)
}

function spentBefore(history: readonly Look[], arm: number, other: number): number {
  const pair = history.at(-1)?.pairs.find((each) => each.arm === arm && each.other === other)
  return pair?.spent ?? 0
}

function armCount(strata: Strata): number {
  const arms = strata[0]?.length ?? 0
  if (arms < 2 || strata.some((stratum) => stratum.length !== arms))
    throw invalidEvidence('strata', 'must have the same arms in every epoch, at least two')
  return arms
}

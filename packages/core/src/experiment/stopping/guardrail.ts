import type { Strata } from '../statistics/stratified-estimate.ts'
import type { UnitMoments } from '../statistics/unit-moments.ts'
import { plannedDrift } from './comparison.ts'
import { expectedEvents, leastExpected } from './expected-events.ts'
import { logMixtureEValue } from './mixture.ts'
import type { StoppingRule } from './rule.ts'
import { scoreOf } from './score.ts'

/** A metric that must not get worse. Plain JSON. */
export interface GuardrailRule {
  /** The chance to ever call an arm harmful that is not, over all looks and arms. */
  alpha: number
  model: StoppingRule['model']
  lowerIsBetter: boolean
  /** By how much an arm may be worse than the control, as a share of the control's mean. */
  margin: number
  /** How much worse than that is to be seen best, as a share of the mean. It moves power only. */
  effect: number
  /** The arm that the others are held against. */
  control: number
}

/** One look at a guardrail, always valid; plain JSON. */
export interface GuardrailLook {
  look: number
  /** Kept from the first look that may decide. */
  precision: number | null
  logThreshold: number
  arms: readonly {
    arm: number
    sum: number
    variance: number
    /** Of the arm and the control; too few decide nothing of the arm, and hold no other one up. */
    expectedEvents: number
    /** The logarithm of the e-value for being worse by more than the margin. */
    logEValue: number | null
    decision: 'continue' | 'harmful'
  }[]
}

/** Whether an arm is worse than the control by more than the margin, given the looks before: at any time, as often as one likes. */
export function takeGuardrailLook(
  rule: GuardrailRule,
  history: readonly GuardrailLook[],
  strata: Strata,
): GuardrailLook {
  const { alpha, control, lowerIsBetter, margin } = rule
  const arms = (strata[0] ?? []).map((_, arm) => arm).filter((arm) => arm !== control)
  // At the margin, an arm equals the control that is multiplied by this.
  const tolerated = strata.map((stratum) =>
    stratum.map((moments, arm) =>
      arm === control ? multiplied(moments, lowerIsBetter ? 1 + margin : 1 - margin) : moments,
    ),
  )
  const scores = arms.map((arm) => {
    const score = scoreOf(tolerated, arm, control)
    const events = expectedEvents(strata, [control, arm], rule.model)
    return { arm, ...score, sum: lowerIsBetter ? score.sum : -score.sum, events }
  })
  const drift = plannedDrift(strata, scores, { relative: rule.effect })
  const isOpen = (events: number) => events >= leastExpected[rule.model]
  const kept = history.find((look) => look.precision !== null)?.precision ?? null
  const precision = kept ?? (drift !== null && scores.some(({ events }) => isOpen(events)) ? drift ** -2 : null)
  const logThreshold = Math.log(arms.length / alpha)
  return {
    look: history.length + 1,
    precision,
    logThreshold,
    arms: scores.map(({ arm, sum, variance, events }) => {
      const logEValue = precision === null ? null : logMixtureEValue({ sum, variance }, precision)
      const isHarmful = isOpen(events) && logEValue !== null && logEValue >= logThreshold
      return { arm, sum, variance, expectedEvents: events, logEValue, decision: isHarmful ? 'harmful' : 'continue' }
    }),
  }
}

/** As if every observation had been so many times as large. */
function multiplied(moments: UnitMoments, factor: number): UnitMoments {
  return {
    ...moments,
    meanX: moments.meanX * factor,
    nx: moments.nx * factor,
    xx: moments.xx * factor * factor,
  }
}

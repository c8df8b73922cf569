import { invalidEvidence } from './evidence.ts'

/** What is believed of a variant's true value after the evidence. Every kind is given by its own parameters. */
export type Posterior =
  /** Of a share, such as a success rate: Beta(alpha, beta). */
  | { kind: 'beta'; alpha: number; beta: number }
  /** Of a rate of events per unit of exposure: Gamma(shape, rate). */
  | { kind: 'gamma'; shape: number; rate: number }
  /** Of a mean, the variance unknown: Student's t with its degrees of freedom, moved by `location` and stretched by `scale`. */
  | { kind: 'student'; degreesOfFreedom: number; location: number; scale: number }
  /** Of a value that is known up to a normal error. */
  | { kind: 'normal'; mean: number; sd: number }
  /** Of a positive value whose logarithm is known up to a normal error. */
  | { kind: 'log_normal'; meanLog: number; sdLog: number }

/** Of `trials` that ended in `successes`, for a prior Beta(a, b); without one the uniform Beta(1, 1). */
export function betaPosterior(evidence: {
  successes: number
  trials: number
  prior?: readonly [a: number, b: number] | undefined
}): Posterior {
  const { successes, trials, prior = [1, 1] } = evidence
  requireFinite('successes', successes, { atLeast: 0, atMost: trials })
  requireFinite('trials', trials, { atLeast: 0 })
  requirePrior(prior)
  return { kind: 'beta', alpha: prior[0] + successes, beta: prior[1] + (trials - successes) }
}

/** Of `events` that were counted over an `exposure`, for a prior Gamma(shape, rate); without one Gamma(1, 1). */
export function gammaPosterior(evidence: {
  events: number
  exposure: number
  prior?: readonly [shape: number, rate: number] | undefined
}): Posterior {
  const { events, exposure, prior = [1, 1] } = evidence
  requireFinite('events', events, { atLeast: 0 })
  requireFinite('exposure', exposure, { atLeast: 0 })
  requirePrior(prior)
  return { kind: 'gamma', shape: prior[0] + events, rate: prior[1] + exposure }
}

/**
 * Of the mean of a population from `n` values, at least two, with their mean and their sample standard deviation (by
 * n − 1): Student's t with n − 1 degrees of freedom, as from the reference prior 1/σ².
 */
export function studentPosterior({ n, mean, sd }: { n: number; mean: number; sd: number }): Posterior {
  requireFinite('n', n, { atLeast: 2 })
  requireFinite('mean', mean, {})
  requireFinite('sd', sd, { atLeast: 0 })
  return { kind: 'student', degreesOfFreedom: n - 1, location: mean, scale: sd / Math.sqrt(n) }
}

/** Of a value that is known with a normal error, such as the effect from many observations. */
export function normalPosterior({ mean, sd }: { mean: number; sd: number }): Posterior {
  requireFinite('mean', mean, {})
  requireFinite('sd', sd, { atLeast: 0 })
  return { kind: 'normal', mean, sd }
}

/** Of a positive value whose logarithm is known with a normal error, such as a mean cost or a percentile of latency. */
export function logNormalPosterior({ meanLog, sdLog }: { meanLog: number; sdLog: number }): Posterior {
  requireFinite('meanLog', meanLog, {})
  requireFinite('sdLog', sdLog, { atLeast: 0 })
  return { kind: 'log_normal', meanLog, sdLog }
}

function requirePrior([first, second]: readonly [number, number]): void {
  for (const value of [first, second]) {
    if (Number.isFinite(value) && value > 0) continue
    throw invalidEvidence('prior', `must be two positive numbers, and one of them is ${value}`)
  }
}

function requireFinite(name: string, value: number, bounds: { atLeast?: number; atMost?: number }): void {
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = bounds
  if (!Number.isFinite(value)) throw invalidEvidence(name, `must be a finite number, and is ${value}`)
  if (value < atLeast) throw invalidEvidence(name, `must be at least ${atLeast}, and is ${value}`)
  if (value > atMost) throw invalidEvidence(name, `must be at most ${atMost}, and is ${value}`)
}

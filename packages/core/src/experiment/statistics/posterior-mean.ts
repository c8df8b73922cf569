import type { Posterior } from './posterior.ts'

/** What is expected of a value; null where there is no expectation, as after two observations of unknown variance. */
export function posteriorMean(posterior: Posterior): number | null {
  switch (posterior.kind) {
    case 'beta':
      return posterior.alpha / (posterior.alpha + posterior.beta)
    case 'gamma':
      return posterior.shape / posterior.rate
    case 'student':
      return posterior.degreesOfFreedom > 1 ? posterior.location : null
    case 'normal':
      return posterior.mean
    case 'log_normal':
      return Math.exp(posterior.meanLog + posterior.sdLog ** 2 / 2)
  }
}

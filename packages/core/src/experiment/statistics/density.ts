import type { Posterior } from './posterior.ts'

/**
 * A posterior's density over a coordinate z on the whole line in which it is smooth and falls off at least as fast as a
 * power: the logit of a share, the logarithm of a rate or of what is known by its logarithm, any other value itself. Not normalized: 1 at the mode.
 */
export interface Density {
  mode: number
  /** How wide it is around the mode: as a normal density with such a standard deviation is. */
  width: number
  /** The logarithm of the density at z. */
  log(z: number): number
  /** Its derivative. */
  slope(z: number): number
  /** How wide a piece around z may be for a polynomial to follow what is integrated there. */
  widestPiece(z: number): number
  /** Whether it is so near to a normal density that an even grid can hold it (`distributeEvenly`). */
  isNearlyNormal: boolean
}

/** From so many events on the logarithm of a share's odds, or of a rate, is nearly normal. */
const manyEvents = 30

/** What z stands for. All arms of a comparison are of one coordinate. */
export interface Coordinate {
  kind: 'logit' | 'logarithm' | 'identity'
  toValue(z: number): number
  toCoordinate(value: number): number
  /** dvalue/dz. */
  derivative(z: number): number
  /** How wide a piece around z may be for a polynomial to follow the derivative, as far as it matters below `top`. */
  widestPiece(z: number, top: number): number
}

const logit: Coordinate = {
  kind: 'logit',
  toValue: (z) => (z < 0 ? Math.exp(z) / (1 + Math.exp(z)) : 1 / (1 + Math.exp(-z))),
  toCoordinate: (value) => Math.log(value) - Math.log1p(-value),
  derivative: (z) => {
    const e = Math.exp(-Math.abs(z))
    return e / ((1 + e) * (1 + e))
  },
  // It has poles at ±iπ; far out it is next to nothing.
  widestPiece: widestLogit,
}

const logarithm: Coordinate = {
  kind: 'logarithm',
  toValue: Math.exp,
  toCoordinate: Math.log,
  derivative: Math.exp,
  widestPiece: (z, top) => 5 + Math.max(0, top - 40 - z),
}

const identity: Coordinate = {
  kind: 'identity',
  toValue: (z) => z,
  toCoordinate: (value) => value,
  derivative: () => 1,
  widestPiece: () => Number.POSITIVE_INFINITY,
}

function widestLogit(z: number): number {
  return 4 + Math.max(0, Math.abs(z) - 40)
}

export function coordinateOf({ kind }: Posterior): Coordinate {
  if (kind === 'beta') return logit
  return kind === 'gamma' || kind === 'log_normal' ? logarithm : identity
}

export function densityOf(posterior: Posterior): Density {
  switch (posterior.kind) {
    case 'beta':
      return logitBeta(posterior.alpha, posterior.beta)
    case 'gamma':
      return logGamma(posterior.shape, posterior.rate)
    case 'student':
      return student({ ...posterior, scale: atLeast(posterior.scale, posterior.location) })
    case 'normal':
      return normal(posterior.mean, atLeast(posterior.sd, posterior.mean))
    case 'log_normal':
      return normal(posterior.meanLog, atLeast(posterior.sdLog, posterior.meanLog))
  }
}

/** Values that are all the same leave nothing open: the narrowest width that can be told apart. */
function atLeast(width: number, value: number): number {
  return Math.max(width, Math.abs(value) * 1e-13, 1e-150)
}

/** αz − (α + β) log(1 + eᶻ), reckoned from the mode: nothing large is subtracted from anything large. */
function logitBeta(alpha: number, beta: number): Density {
  const count = alpha + beta
  const [p, q] = [alpha / count, beta / count]
  const mode = Math.log(alpha) - Math.log(beta)
  return {
    mode,
    width: 1 / Math.sqrt(count * p * q),
    log: (z) => {
      const t = z - mode
      // log(1 − p + p eᵗ) from whichever end is not far.
      return t < 0 ? count * (p * t - Math.log1p(p * Math.expm1(t))) : count * (-q * t - Math.log1p(q * Math.expm1(-t)))
    },
    slope: (z) => alpha - count * logit.toValue(z),
    widestPiece: widestLogit,
    isNearlyNormal: Math.min(alpha, beta) >= manyEvents,
  }
}

/** αz − βeᶻ, reckoned from the mode. */
function logGamma(shape: number, rate: number): Density {
  const mode = Math.log(shape) - Math.log(rate)
  return {
    mode,
    width: 1 / Math.sqrt(shape),
    log: (z) => shape * (z - mode - Math.expm1(z - mode)),
    slope: (z) => -shape * Math.expm1(z - mode),
    // However wide it is, it ends as abruptly as any.
    widestPiece: (z) => 3 + Math.max(0, mode - z) / 2,
    isNearlyNormal: shape >= manyEvents,
  }
}

function student({ degreesOfFreedom, location, scale }: Posterior & { kind: 'student' }): Density {
  const power = (degreesOfFreedom + 1) / 2
  return {
    mode: location,
    width: scale * Math.sqrt(degreesOfFreedom / (degreesOfFreedom + 1)),
    log: (z) => {
      const u = (z - location) / scale
      return -power * Math.log1p((u * u) / degreesOfFreedom)
    },
    slope: (z) => {
      const u = (z - location) / scale
      return (-2 * power * u) / (degreesOfFreedom + u * u) / scale
    },
    // It has poles at ±i√df scales, and behind them falls off as a power does.
    widestPiece: (z) => scale * Math.sqrt(degreesOfFreedom) + Math.abs(z - location) / 2,
    // It falls off as a power does, however late.
    isNearlyNormal: false,
  }
}

function normal(mean: number, sd: number): Density {
  return {
    mode: mean,
    width: sd,
    log: (z) => -(((z - mean) / sd) ** 2) / 2,
    slope: (z) => (mean - z) / (sd * sd),
    widestPiece: () => Number.POSITIVE_INFINITY,
    isNearlyNormal: true,
  }
}

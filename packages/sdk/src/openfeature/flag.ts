import type { EvaluationContext, ResolutionDetails, TrackingEventDetails } from '@openfeature/core'
import { ErrorCode, StandardResolutionReasons } from '@openfeature/core'
import type { LocalExperiments, LocalVariant } from '../experiment/index.ts'

/**
 * A test as a flag: its value is the payload of the unit's variant, or, of a variant without one, its name. The unit was
 * shown the variant only where its value is of the kind that was asked for.
 */
export function resolveFlag<Value>(
  experiments: LocalExperiments,
  key: string,
  defaultValue: Value,
  context: EvaluationContext,
): ResolutionDetails<Value> {
  const subject = subjectOf(context)
  const variant = experiments.variant(key, subject, { expose: false })
  const flagMetadata = { reason: variant.reason }
  if (variant.name === null) return { ...withoutVariant(variant, key, experiments), value: defaultValue, flagMetadata }
  const value: unknown = variant.payload ?? variant.name
  // Lists are objects to OpenFeature.
  if (typeof value !== typeof defaultValue) {
    const errorMessage = `The variant "${variant.name}" of the test "${key}" has a payload of type ${typeof value}.`
    return { ...failed(ErrorCode.TYPE_MISMATCH, errorMessage), value: defaultValue, flagMetadata }
  }
  experiments.variant(key, subject)
  const reason = variant.reason === 'forced' ? 'TARGETING_MATCH' : 'SPLIT'
  return { value: value as Value, variant: variant.name, reason, flagMetadata }
}

/**
 * Observes a metric for a unit: in the test that `details.test` names, else in every test in which the unit takes part. The
 * value is that of the details, or 1.
 */
export function trackMetric(
  experiments: LocalExperiments,
  metric: string,
  context: EvaluationContext,
  { value = 1, test }: TrackingEventDetails,
): void {
  for (const { key } of experiments.configuration()?.tests ?? []) {
    if (test !== undefined && test !== key) continue
    const { reason, unit } = experiments.variant(key, subjectOf(context), { expose: false })
    if (reason === 'assigned') experiments.observe(key, { unit, metric, value })
  }
}

function subjectOf(context: EvaluationContext) {
  const attributes = Object.entries(context).map(([name, value]) => [
    name,
    value instanceof Date ? value.toISOString() : value,
  ])
  return { unit: context.targetingKey, attributes: Object.fromEntries(attributes) }
}

function withoutVariant({ reason }: LocalVariant, key: string, experiments: LocalExperiments) {
  switch (reason) {
    case 'unknown_test':
      return experiments.configuration()
        ? failed(ErrorCode.FLAG_NOT_FOUND, `There is no test "${key}" that has started.`)
        : failed(ErrorCode.PROVIDER_NOT_READY, 'The configuration of the tests could not be had yet.')
    case 'no_unit':
      return failed(ErrorCode.TARGETING_KEY_MISSING, `The test "${key}" needs a unit, or a targeting key.`)
    case 'killed':
    case 'paused':
      return { reason: StandardResolutionReasons.DISABLED }
    default:
      return { reason: StandardResolutionReasons.DEFAULT }
  }
}

function failed(errorCode: ErrorCode, errorMessage: string) {
  return { reason: StandardResolutionReasons.ERROR, errorCode, errorMessage }
}

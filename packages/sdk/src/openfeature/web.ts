import type { Provider } from '@openfeature/web-sdk'
import { OpenFeatureEventEmitter } from '@openfeature/web-sdk'
import type { LocalExperiments } from '../experiment/index.ts'
import { resolveFlag, trackMetric } from './flag.ts'
import { followStatus, initialize } from './provider-event.ts'

/** The same for OpenFeature's web SDK: a page evaluates for the one context that is set, and without waiting. */
export function createWebProvider(experiments: LocalExperiments): Provider {
  const events = new OpenFeatureEventEmitter()
  const stop = followStatus(experiments, (event) => events.emit(event as Parameters<typeof events.emit>[0]))
  return {
    metadata: { name: 'fairlead' },
    runsOn: 'client',
    events,
    initialize: () => initialize(experiments),
    async onClose() {
      stop()
      await experiments.flush()
    },
    resolveBooleanEvaluation: (key, value, context) => resolveFlag(experiments, key, value, context),
    resolveStringEvaluation: (key, value, context) => resolveFlag(experiments, key, value, context),
    resolveNumberEvaluation: (key, value, context) => resolveFlag(experiments, key, value, context),
    resolveObjectEvaluation: (key, value, context) => resolveFlag(experiments, key, value, context),
    track: (name, context, details) => trackMetric(experiments, name, context, details),
  }
}

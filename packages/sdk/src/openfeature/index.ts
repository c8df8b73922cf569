import type { Provider } from '@openfeature/server-sdk'
import { OpenFeatureEventEmitter } from '@openfeature/server-sdk'
import type { LocalExperiments } from '../experiment/index.ts'
import { resolveFlag, trackMetric } from './flag.ts'
import { followStatus, initialize } from './provider-event.ts'

/**
 * A provider for OpenFeature's server SDK: a flag is a test, by its key, and its value the payload of the variant of the
 * targeting key, or of the attribute in the context that the test names as its unit. `track` observes a metric. What is
 * shown is recorded, as `LocalExperiments` do; they stay the caller's to close.
 *
 *     await OpenFeature.setProviderAndWait(createProvider(createExperiments({ baseUrl, apiKey })))
 */
export function createProvider(experiments: LocalExperiments): Provider {
  const events = new OpenFeatureEventEmitter()
  const stop = followStatus(experiments, (event) => events.emit(event as Parameters<typeof events.emit>[0]))
  return {
    metadata: { name: 'fairlead' },
    runsOn: 'server',
    events,
    initialize: () => initialize(experiments),
    async onClose() {
      stop()
      await experiments.flush()
    },
    resolveBooleanEvaluation: async (key, value, context) => resolveFlag(experiments, key, value, context),
    resolveStringEvaluation: async (key, value, context) => resolveFlag(experiments, key, value, context),
    resolveNumberEvaluation: async (key, value, context) => resolveFlag(experiments, key, value, context),
    resolveObjectEvaluation: async (key, value, context) => resolveFlag(experiments, key, value, context),
    track: (name, context, details) => trackMetric(experiments, name, context, details),
  }
}

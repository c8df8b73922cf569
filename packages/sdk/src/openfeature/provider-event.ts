import { GeneralError } from '@openfeature/core'
import type { LocalExperiments } from '../experiment/index.ts'

type Event = 'PROVIDER_READY' | 'PROVIDER_STALE' | 'PROVIDER_ERROR' | 'PROVIDER_CONFIGURATION_CHANGED'

/** Tells of what becomes of the configuration, until what it gives is called. */
export function followStatus(experiments: LocalExperiments, emit: (event: Event) => void): () => void {
  let status = experiments.status()
  let configuration = experiments.configuration()
  return experiments.subscribe(() => {
    const before = { status, configuration }
    status = experiments.status()
    configuration = experiments.configuration()
    if (before.configuration && configuration !== before.configuration) emit('PROVIDER_CONFIGURATION_CHANGED')
    if (status === 'loading') emit('PROVIDER_ERROR')
    else if (status !== before.status) emit(status === 'stale' ? 'PROVIDER_STALE' : 'PROVIDER_READY')
  })
}

/** Rejects where there is no configuration for now; when there is one, `followStatus` tells. */
export async function initialize(experiments: LocalExperiments): Promise<void> {
  await experiments.ready()
  if (!experiments.configuration()) throw new GeneralError('The configuration of the tests could not be had yet.')
}

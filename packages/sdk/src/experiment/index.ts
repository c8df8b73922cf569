import type { ConnectionOptions } from '../connection.ts'
import { Connection } from '../connection.ts'
import type { LocalExperiments } from './local-experiments.ts'
import { localExperiments } from './local-experiments.ts'
import type { LocalExperimentsOptions } from './options.ts'

export type { Experiments } from './experiments.ts'
export type { LocalExperiments } from './local-experiments.ts'
export type { LocalExperimentsOptions, LocalObservation, LocalStatus, LocalVariant } from './options.ts'

/**
 * A/B tests without the rest of the client, such as in a page: see `LocalExperiments`. Begins to fetch the configuration
 * at once, unless it is told not to. Throws a `TypeError` without an address or a key.
 */
export function createExperiments(options: ConnectionOptions & LocalExperimentsOptions): LocalExperiments {
  return localExperiments(new Connection(options), options)
}

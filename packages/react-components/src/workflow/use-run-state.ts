import type { RunEvent } from '@fairlead/core/workflow'
import { useSyncExternalStore } from 'react'
import type { RunView } from './run-store.ts'
import { emptyRunView, runStoreOf } from './run-store.ts'

/**
 * Follows a run: subscribes to its events and returns what they add up to, rendered at most once per frame.
 *
 * `source` is a run's stream, such as the SDK's run handle, or null while there is none. All components with the same
 * source share one stream; it is closed when the last of them unmounts. A source that throws is reported in the view,
 * beside what was known until then. On a server the view is empty and the source is left alone.
 */
export function useRunState(source: AsyncIterable<RunEvent> | null | undefined): RunView {
  const store = source ? runStoreOf(source) : noStore
  return useSyncExternalStore(store.subscribe, store.view, noStore.view)
}

const noStore = { subscribe: () => () => undefined, view: () => emptyRunView }

import type { AssignedVariant, Schemes, TestConfiguration } from '@fairlead/core/experiment'

/** How tests are evaluated in a process or page, and how it tells what was shown and observed. */
export interface LocalExperimentsOptions {
  /**
   * The configuration to begin with, so that the first evaluation is right without a request: what `configuration()` gave
   * elsewhere, such as on the server that rendered a page. It is frozen.
   */
  bootstrap?: TestConfiguration | null
  /** Other systems' ways to bucket, for tests that were moved over from there: `bucketing` of `@fairlead/core/experiment`, or some of it. */
  schemes?: Schemes
  /**
   * Whether to hear of changes as they are made, on a connection of its own; default true. Without, the configuration is
   * fetched once at the start, or, where there is a `bootstrap`, never.
   */
  events?: boolean
  /** So long exposures and observations are gathered before they are sent, in ms; default 5 s. A thousand are sent at once. */
  flushIntervalMs?: number
  /** Of the exposures and observations that wait, the most; default 100,000. Beyond, the oldest observations are dropped. */
  maxQueued?: number
  /** Told what fails in the background, and why events were left aside. */
  onError?: (error: Error) => void
  /** Told how many observations were dropped, as the control plane was away for too long or would not take them. */
  onDrop?: (count: number) => void
}

type Variant = NonNullable<AssignedVariant['variant']>

/** The variant that somebody is shown. */
interface Shown extends Variant {
  /** `forced` counts for nothing: somebody looks at the variant. */
  reason: 'assigned' | 'forced'
  unit: string
}

/** That there is none, and so that everything is to be as it is without the test. */
interface NotShown {
  id: null
  name: null
  payload: null
  prompt: null
  reason: Exclude<AssignedVariant['reason'], Shown['reason']> | 'unknown_test'
  unit: string | null
}

export type LocalVariant = Readonly<Shown> | Readonly<NotShown>

/** One value of a metric, of a unit that was shown a variant. */
export interface LocalObservation {
  unit: string
  metric: string
  /** Of a proportion 0 or 1; at most 1e15 either way. */
  value: number
  /** The same id said again is the same observation; random by default. */
  id?: string
}

/** `loading` until there is a configuration; `stale` while a newer one can't be had. */
export type LocalStatus = 'loading' | 'ready' | 'stale'

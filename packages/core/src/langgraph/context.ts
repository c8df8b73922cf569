import type { RunnableConfig } from '@langchain/core/runnables'
import type { Clock } from '../base/index.ts'
import type { JournalEntry, PendingInterrupt, TimedEvent } from '../workflow/index.ts'

/** The memory of one run: what was recorded under an address is never executed again. */
export interface Journal {
  read(address: string): JournalEntry | undefined
  /** Takes an entry and its events, to be stored together. Throws `run.too_large` when the run has no room for it. */
  record(entry: JournalEntry, events: readonly TimedEvent[], about: RecordHints): void
  /**
   * Resolves when everything recorded so far is durable: a node awaits it before it does anything that the world sees.
   * Otherwise a call could go out that depends on a result which a crash then takes back.
   */
  settled(): Promise<void>
}

export interface RecordHints {
  /** How long the JSON of the entry's output is, in UTF-16 units. */
  size: number
  /** Whether the end of the run is about to follow. */
  isLast: boolean
}

/**
 * What belongs to one run and not to the compiled graph, which serves many: pass it as `configurable.fairlead` to
 * `invoke` or `stream`. Without it a graph runs all the same and writes its events to the `custom` stream.
 */
export interface RunContext {
  runId: string
  journal?: Journal
  /** Takes the events that need not be durable before the run goes on, in order. */
  emit?: (event: TimedEvent) => void
  /** Hears of every question that the run stops at, also of one that was asked before. */
  onQuestion?: (question: PendingInterrupt) => void
  /** How often earlier claims of the run have started this address. */
  attemptsBefore?: (address: string) => number
}

/** All that a node execution needs to know about the run around it. */
export interface Execution {
  runId: string
  journal: Journal | undefined
  emit(event: TimedEvent): void
  onQuestion(question: PendingInterrupt): void
  attemptsBefore(address: string): number
  clock: Clock
  createId(): string
  signal: AbortSignal | undefined
}

export interface ContextDefaults {
  clock: Clock
  createId: () => string
}

/** Reads the run's context out of LangGraph's config. `fallbackRunId` names the run where the host gave it no id. */
export function executionOf(config: RunnableConfig, defaults: ContextDefaults, fallbackRunId: string): Execution {
  const context = config.configurable?.fairlead as RunContext | undefined
  const writer = (config as { writer?: (chunk: unknown) => void }).writer
  return {
    runId: context?.runId ?? fallbackRunId,
    journal: context?.journal,
    emit: context?.emit ?? ((event) => writer?.(event)),
    onQuestion: context?.onQuestion ?? nothing,
    attemptsBefore: context?.attemptsBefore ?? none,
    clock: defaults.clock,
    createId: defaults.createId,
    signal: config.signal,
  }
}

function nothing(): void {}

function none(): number {
  return 0
}

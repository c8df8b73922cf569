import type { PromptContent, PromptMessage, ResolvedPrompt } from '@fairlead/core/prompt'

/** The variables of the organization's prompts by key; `fairlead types` writes a file that fills it in. */
// biome-ignore lint/suspicious/noEmptyInterface: Applications add to it.
export interface PromptVariables {}

/**
 * Keeps what prompts said last, over restarts: `localStorage`, or whatever else has these three methods. The keys name the
 * control plane and the prompt: what several organizations share needs a prefix of your own for each.
 */
export interface PromptStore {
  getItem(key: string): string | null | undefined | Promise<string | null | undefined>
  setItem(key: string, value: string): unknown
  removeItem(key: string): unknown
}

/** How `prompts.get` caches. */
export interface PromptDeliveryOptions {
  /** So long a prompt counts as fresh, in ms; default 30 s. */
  maxAgeMs?: number
  /** So long after that it is still given at once, while it is refreshed in the background, in ms; default 30 s. */
  staleWhileRevalidateMs?: number
  /** What prompts said last, for a start without the control plane; by default nothing is kept. */
  store?: PromptStore
  /** Whether to hear of moved labels and branches as they move, on a connection of its own; default true. */
  events?: boolean
  /** Told what fails in the background: a refresh, the store, the connection for events. */
  onError?: (error: Error) => void
}

/** Which version: one of a label, a branch or a number; without any, the label `production`, else the head of `main`. */
export type PromptSelection =
  | { label?: string; branch?: undefined; version?: undefined }
  | { label?: undefined; branch: string; version?: undefined }
  | { label?: undefined; branch?: undefined; version: number }

export type GetPromptOptions<Variables = Record<string, unknown>> = PromptSelection & {
  /** Fills the templates; without it the messages are the templates as they stand. */
  variables?: Variables
  /** What to give when there is nothing else: a text, or a content. With it nothing is ever thrown. */
  fallback?: string | PromptContent
  /**
   * Who the prompt is for, such as a user's or a session's id: a unit gets the version of its variant in a running test on
   * the prompt, where the label of the test is asked for, or none and it is `production`. The first of these waits for the
   * tests' configuration, for 3 s at most; `await client.experiments.local()` at the start has it there before.
   */
  unit?: string | null
  /** What tests are targeted by; one that a test names as its unit is its unit. */
  attributes?: Readonly<Record<string, unknown>> | null
  signal?: AbortSignal
}

/** `GetPromptOptions`, with the variables of the prompt where their types are known. */
export type GetOptionsOf<Name extends string> = GetPromptOptions<
  Name extends keyof PromptVariables ? PromptVariables[Name] : Record<string, unknown>
>

/**
 * Where a prompt came from: just now from the `server`; out of the `cache`, fresh; `stale`, older than it should be;
 * out of the `store`, from an earlier start; or the `fallback`.
 */
export type PromptOrigin = 'server' | 'cache' | 'stale' | 'store' | 'fallback'

/** The test that chose a version, and for whom; `observe` of `experiments.local()` says what came of it. */
export interface PromptTest {
  readonly id: string
  readonly key: string
  readonly unit: string
  readonly variant: { readonly id: string; readonly name: string }
}

/** A prompt as an application uses it. */
export interface DeliveredPrompt {
  readonly key: string
  /** For a model; filled where `variables` were given. */
  readonly messages: PromptMessage[]
  /** All that the version says: templates, model and parameters, output schema, tools. */
  readonly content: PromptContent
  /** The version; null for the fallback. */
  readonly version: Omit<ResolvedPrompt, 'key' | 'content'> | null
  /** The test that chose the version; null where none did. */
  readonly test: PromptTest | null
  readonly origin: PromptOrigin
  /** Why it is nothing newer, if something went wrong. */
  readonly error: Error | null
}

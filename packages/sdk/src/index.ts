export type { Analytics } from './analytics/index.ts'
export { type Client, createClient } from './client.ts'
export {
  FairleadApiError,
  FairleadConflictError,
  FairleadConnectionError,
  FairleadRunError,
  FairleadTimeoutError,
  type Head,
} from './error.ts'
export type {
  Experiments,
  LocalExperiments,
  LocalExperimentsOptions,
  LocalObservation,
  LocalStatus,
  LocalVariant,
} from './experiment/index.ts'
export type { List, Page } from './page.ts'
export type {
  DeliveredPrompt,
  GetPromptOptions,
  PromptDeliveryOptions,
  PromptOrigin,
  PromptSelection,
  PromptStore,
  PromptTest,
  PromptVariables,
} from './prompt/delivery/options.ts'
export type { Committed, Place, PromptHistory } from './prompt/history.ts'
export type { Prompts } from './prompt/index.ts'
export type { PromptReview } from './prompt/review.ts'
export type { Tenant } from './tenant/index.ts'
export type { CallOptions, ClientOptions, Retry } from './transport.ts'
export type { Versioned } from './versioned.ts'
export type { FollowOptions, RunHandle, Runs, SeenWorkflow, Workflows } from './workflow/index.ts'

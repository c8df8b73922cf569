import type { Clock } from '@fairlead/core/base'
import { FairleadError } from '@fairlead/core/base'
import type { ModelLike } from '@fairlead/core/langgraph'
import { callModel } from '@fairlead/core/langgraph'
import type { PromptMessage } from '@fairlead/core/prompt'
import type { AnalyticsService } from '../analytics/service.ts'
import { callColumns, insertExecutions } from '../analytics/service.ts'
import type { Database } from '../database/index.ts'
import type { Selection } from './select.ts'
import type { PromptService } from './service.ts'

export interface TryRequest {
  selection: Selection
  variables: Record<string, unknown>
  /** Instead of the version's own model. */
  model: string | undefined
  signal: AbortSignal
}

export interface TriedPrompt {
  executionId: string
  versionNumber: number
  /** As the provider names it. */
  model: string
  messages: PromptMessage[]
  /** A text, or what fits the version's output schema. */
  output: unknown
  latencyMs: number
  usage: Awaited<ReturnType<typeof callModel>>['call']['usage']
  /** Null when no price is known for the model. */
  costNanoUsd: number | null
}

export type TryPrompt = (organizationId: string, idOrKey: string, request: TryRequest) => Promise<TriedPrompt>

/**
 * Runs one version of a prompt once, outside of any workflow. The call is stored and priced like every other, also when
 * it fails. Throws `prompt.unknown_model`, and `prompt.try_failed` with what the model answered instead.
 */
export function createTryPrompt({
  prompts,
  analytics,
  database,
  findModel,
  clock,
  newId,
}: {
  prompts: PromptService
  analytics: AnalyticsService
  database: Database
  findModel: (modelId: string) => ModelLike | undefined
  clock: Clock
  newId: () => string
}): TryPrompt {
  return async (organizationId, idOrKey, { selection, variables, model, signal }) => {
    const { version, messages, content } = await prompts.render(organizationId, idOrKey, selection, variables)
    const modelId = model ?? content.model?.id ?? 'default'
    const found = findModel(modelId)
    if (!found) throw unknownModel(modelId)
    const parameters = content.model?.parameters ?? {}
    const { outputSchema } = content
    const result = await callModel(found, { modelId, parameters, messages, outputSchema, signal, clock })
    const [price] = await analytics.priceCalls(organizationId, [result.call])
    const { call } = result
    const id = newId()
    await database.withOrganization(organizationId, (db) =>
      insertExecutions(db, [
        {
          organization_id: organizationId,
          id,
          kind: 'try',
          prompt_id: version.promptId,
          prompt_version_id: version.id,
          ...callColumns(call, price!),
        },
      ]),
    )
    if (result.error !== undefined) throw tryFailed(modelId, result.error)
    return {
      executionId: id,
      versionNumber: version.versionNumber,
      model: call.model,
      messages,
      output: result.value,
      latencyMs: Math.round(call.latencyMs),
      usage: call.usage,
      costNanoUsd: price!.costNanoUsd,
    }
  }
}

function unknownModel(modelId: string): FairleadError {
  return new FairleadError(
    'prompt.unknown_model',
    `There is no model "${modelId}" here. GET /api/v1/catalog lists those that there are.`,
    { data: { errors: [{ pointer: '/model', message: 'must be a model of the catalogue' }] } },
  )
}

function tryFailed(modelId: string, cause: unknown): FairleadError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new FairleadError('prompt.try_failed', `The model "${modelId}" failed: ${reason}`, { cause })
}

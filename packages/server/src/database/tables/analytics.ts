import type { Generated, OptionalJson, Time, TimeDefaultingToNow } from './column.ts'

/** Model calls, what they cost, and how good they were. */
export interface AnalyticsTables {
  executions: {
    organization_id: string
    /** A UUIDv7 of the start: the partition key. */
    id: string
    run_id: string | null
    node_id: string | null
    address: string | null
    kind: 'prompt' | 'try' | 'judge'
    model: string
    provider: string | null
    prompt_id: string | null
    prompt_version_id: string | null
    variant_id: string | null
    unit: string | null
    status: 'succeeded' | 'failed'
    error_code: string | null
    latency_ms: number
    input_tokens: Generated<number>
    cached_tokens: Generated<number>
    cache_write_tokens: Generated<number>
    output_tokens: Generated<number>
    reasoning_tokens: Generated<number>
    /** Null when no price is known for the model. */
    cost_nano_usd: number | null
    /** The organization's own price that was used; null for a built-in price or none. */
    price_id: string | null
    started_at: Time
    attributes: OptionalJson
  }
  model_prices: {
    organization_id: string
    id: string
    model: string
    provider: string | null
    valid_from: Time
    input_nano_usd_per_million: number
    cached_input_nano_usd_per_million: number
    cache_write_nano_usd_per_million: number
    output_nano_usd_per_million: number
    reasoning_nano_usd_per_million: number
    source: Generated<'builtin' | 'custom'>
    created_by: string | null
    created_at: TimeDefaultingToNow
  }
  scores: {
    organization_id: string
    id: string
    run_id: string | null
    execution_id: string | null
    name: string
    value: number
    comment: string | null
    source: string
    created_by_kind: string
    created_by_id: string | null
    created_at: TimeDefaultingToNow
  }
}

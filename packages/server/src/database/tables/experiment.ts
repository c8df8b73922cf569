import type { Generated, OptionalTime, TimeDefaultingToNow } from './column.ts'

/** A/B tests and what they measured. */
export interface ExperimentTables {
  ab_tests: {
    organization_id: string
    id: Generated<string>
    name: string
    description: string | null
    status: Generated<'draft' | 'running' | 'paused' | 'completed'>
    traffic_percentage: Generated<number>
    start_date: OptionalTime
    end_date: OptionalTime
    winner_variant_id: string | null
    created_by: string | null
    created_at: TimeDefaultingToNow
  }
  ab_variants: {
    organization_id: string
    id: Generated<string>
    test_id: string
    name: string
    prompt_id: string | null
    traffic_weight: Generated<number>
    created_at: TimeDefaultingToNow
  }
  ab_assignments: {
    organization_id: string
    id: Generated<string>
    test_id: string
    variant_id: string
    session_id: string
    created_at: TimeDefaultingToNow
  }
  ab_results: {
    organization_id: string
    id: Generated<string>
    test_id: string
    variant_id: string
    metric_name: string
    /** `numeric`: read as text, because it holds more digits than a number. */
    metric_value: string | null
    sample_size: number | null
    recorded_at: TimeDefaultingToNow
  }
}

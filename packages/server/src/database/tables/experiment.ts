import type {
  Bytes,
  Generated,
  Json,
  JsonWithDefault,
  OptionalJson,
  OptionalTime,
  TimeDefaultingToNow,
} from './column.ts'

/** A/B tests and what they measured. Columns of `numeric` are read as text, because they hold more digits than a number. */
export interface ExperimentTables {
  ab_layers: {
    organization_id: string
    id: string
    name: string
    seed: number
    created_by: string | null
    created_at: TimeDefaultingToNow
  }
  ab_holdouts: {
    organization_id: string
    id: string
    name: string
    seed: number
    percentage: string
    created_by: string | null
    created_at: TimeDefaultingToNow
  }
  ab_tests: {
    organization_id: string
    id: Generated<string>
    key: string
    name: string
    description: string | null
    status: Generated<'draft' | 'running' | 'paused' | 'completed'>
    revision: Generated<number>
    prompt_id: string | null
    label: Generated<string>
    unit: Generated<string>
    seed: Generated<number>
    traffic_percentage: Generated<number>
    /** The expression as it was written, and the rule that it was compiled to. */
    targeting: OptionalJson
    layer_id: string | null
    layer_percentage: string | null
    /** From the start on, the slots of the layer that are this test's. */
    layer_ranges: OptionalJson
    /** From the start on, which units take part in no test. */
    holdouts: OptionalJson
    metrics: JsonWithDefault
    stopping: JsonWithDefault
    bandit: OptionalJson
    bucketing: OptionalJson
    promotion: OptionalJson
    forced: JsonWithDefault
    is_killed: Generated<boolean>
    epoch: Generated<number>
    start_date: OptionalTime
    end_date: OptionalTime
    started_at: OptionalTime
    completed_at: OptionalTime
    archived_at: OptionalTime
    winner_variant_id: string | null
    /** Whether the test's rule chose the winner, rather than somebody without it. */
    is_decided: Generated<boolean>
    created_by: string | null
    created_at: TimeDefaultingToNow
    updated_at: TimeDefaultingToNow
  }
  ab_variants: {
    organization_id: string
    id: Generated<string>
    test_id: string
    /** From 0, the control; what slots and forced units name. */
    position: Generated<number>
    name: string
    prompt_id: string | null
    ref: OptionalJson
    /** What `ref` said when the test started. */
    version_id: string | null
    payload: OptionalJson
    traffic_weight: Generated<number>
    created_at: TimeDefaultingToNow
  }
  /** Tables of weights, each in force from its start to that of the next. */
  ab_epochs: {
    organization_id: string
    test_id: string
    epoch: number
    weights: Json
    /** The variant's position for each of 16,384 slots, a byte each. */
    slots: Bytes
    started_at: TimeDefaultingToNow
  }
  /** Transitions, changes, looks and decisions, in order; nothing is ever changed. */
  ab_history: {
    organization_id: string
    test_id: string
    seq: number
    action: string
    actor_kind: string
    actor_id: string | null
    data: JsonWithDefault
    at: TimeDefaultingToNow
  }
  ab_assignments: {
    organization_id: string
    id: Generated<string>
    test_id: string
    variant_id: string
    /** The unit. */
    session_id: string
    epoch: Generated<number>
    /** By metric, what was known of the unit before. */
    covariates: OptionalJson
    /** Whether it was shown another variant, too. */
    is_excluded: Generated<boolean>
    /** Whether that was in another epoch, for weights had changed: rules still judge it by its first. */
    is_crossed: Generated<boolean>
    created_at: TimeDefaultingToNow
  }
  ab_exposures: {
    organization_id: string
    test_id: string
    session_id: string
    epoch: number
    variant_id: string
    created_at: TimeDefaultingToNow
  }
  /** How many units each variant has had in each epoch: those in the analysis, and those that left it. */
  ab_unit_counts: {
    organization_id: string
    test_id: string
    epoch: number
    variant_id: string
    units: Generated<number>
    excluded: Generated<number>
  }
  ab_observations: {
    organization_id: string
    test_id: string
    observation_id: string
    session_id: string
    metric_name: string
    value: number
    /** Where it was counted in a sketch. */
    bucket: number | null
    recorded_at: TimeDefaultingToNow
  }
  /** Of each unit in the analysis the number of observations (n), their sum (x) and the sum of their squares. */
  ab_unit_statistics: {
    organization_id: string
    test_id: string
    session_id: string
    metric_name: string
    epoch: number
    variant_id: string
    /** What was known of the unit before. */
    c: string | null
    n: number
    x: string
    xx: string
  }
  /** Sums over the units of an arm, of n and x, their squares and products, and of the logarithms of positive means. */
  ab_arm_statistics: {
    organization_id: string
    test_id: string
    metric_name: string
    epoch: number
    variant_id: string
    /** Whether these are the units that crossed to another variant in another epoch, or those that did not. */
    is_crossed: Generated<boolean>
    units: number
    n: string
    x: string
    nn: string
    nx: string
    xx: string
    observed_xx: string
    positive: number
    log: string
    loglog: string
    /** Units with a covariate, and the sums over it: itself, its square, its products with n and x. */
    covered: Generated<number>
    c: Generated<string>
    cc: Generated<string>
    cn: Generated<string>
    cx: Generated<string>
  }
  /** How many observations lie in each bucket of the sketch that quantiles are read from. */
  ab_arm_buckets: {
    organization_id: string
    test_id: string
    metric_name: string
    epoch: number
    variant_id: string
    bucket: number
    count: number
  }
  /** Results as they were at a time. */
  ab_results: {
    organization_id: string
    id: Generated<string>
    test_id: string
    variant_id: string
    metric_name: string
    metric_value: string | null
    sample_size: number | null
    epoch: Generated<number>
    unit_count: Generated<number>
    statistics: JsonWithDefault
    recorded_at: TimeDefaultingToNow
  }
}

import type { AbTest, AbVariant } from '@fairlead/core/experiment'
import type { VersionHandle } from '../prompt/ports.ts'
import type { TestRow, VariantRow } from './test-store.ts'
import { warningsOf } from './test-warnings.ts'

/** The expression as it was written, and what it was compiled to. */
export interface Targeting {
  source: string
  rule: unknown
}

/** What a variant's ref said at the start, and what it says now. */
export interface ResolvedVariant {
  row: VariantRow
  version: VersionHandle | null
  refHasMoved: boolean
  /** Of a branch or label that is not there. */
  refIsMissing: boolean
}

export function toTest(row: TestRow, variants: readonly ResolvedVariant[]): AbTest {
  return {
    id: row.id,
    key: row.key,
    name: row.name,
    description: row.description,
    status: row.status,
    revision: row.revision,
    promptId: row.prompt_id,
    label: row.label,
    unit: row.unit,
    trafficPercentage: row.traffic_percentage,
    targeting: (row.targeting as Targeting | null)?.source ?? null,
    layer: row.layer_id === null ? null : { id: row.layer_id, percentage: Number(row.layer_percentage) },
    variants: variants.map(toVariant),
    metrics: row.metrics as AbTest['metrics'],
    stopping: row.stopping as AbTest['stopping'],
    bandit: row.bandit as AbTest['bandit'],
    bucketing: row.bucketing as AbTest['bucketing'],
    promotion: row.promotion as AbTest['promotion'],
    forced: row.forced as AbTest['forced'],
    isKilled: row.is_killed,
    epoch: row.epoch,
    startDate: textOf(row.start_date),
    endDate: textOf(row.end_date),
    startedAt: textOf(row.started_at),
    completedAt: textOf(row.completed_at),
    winnerVariantId: row.winner_variant_id,
    isDecided: row.is_decided,
    archivedAt: textOf(row.archived_at),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    warnings: warningsOf(row, variants),
  }
}

function toVariant({ row, version, refHasMoved }: ResolvedVariant): AbVariant {
  return {
    id: row.id,
    name: row.name,
    trafficWeight: row.traffic_weight,
    promptId: row.prompt_id,
    ref: row.ref as AbVariant['ref'],
    version: version && { id: version.id, versionNumber: version.versionNumber, contentHash: version.contentHash },
    refHasMoved,
    payload: row.payload as AbVariant['payload'],
    isControl: row.position === 0,
  }
}

function textOf(time: Date | null): string | null {
  return time?.toISOString() ?? null
}

import type { AbTest, AbVariant } from '@fairlead/core/experiment'
import type { VersionHandle } from '../prompt/ports.ts'
import type { TestRow, VariantRow } from './test-store.ts'

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
    warnings: warningsOf(variants),
  }
}

/** Variants that show the same may be meant so, to see that a test finds nothing where there is nothing. */
function warningsOf(variants: readonly ResolvedVariant[]): AbTest['warnings'] {
  const shown = ({ row, version }: ResolvedVariant) => `${version?.id} ${JSON.stringify(row.payload)}`
  return variants.flatMap((variant, position) => {
    if (variant.version === null) return []
    const same = variants.slice(0, position).find((other) => shown(other) === shown(variant))
    if (!same) return []
    const message = `shows the same version as "${same.row.name}", so no difference can be found between them. In an A/A test that is right; else end this one, and name another version.`
    return [{ pointer: `/variants/${position}/ref`, message }]
  })
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

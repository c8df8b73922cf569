import { createHash } from 'node:crypto'
import type { ConfiguredTest, TestConfiguration } from '@fairlead/core/experiment'
import { encodeSlots } from '@fairlead/core/experiment'
import type { Kysely } from 'kysely'
import type { Database, Tables } from '../database/index.ts'
import type { PromptVersions, VersionHandle } from '../prompt/ports.ts'
import type { Targeting } from './test-record.ts'
import * as store from './test-store.ts'

type Db = Kysely<Tables>

export interface ConfigurationParts {
  database: Database
  prompts: PromptVersions
}

/** What applications, and runs, assign units by. */
export class ConfigurationService {
  readonly #parts: ConfigurationParts

  constructor(parts: ConfigurationParts) {
    this.#parts = parts
  }

  get(organizationId: string): Promise<TestConfiguration> {
    return this.#parts.database.withOrganization(organizationId, async (db) => ({ tests: await this.openTests(db) }))
  }

  /** The tests that have started and not ended, or those of them that are asked for. */
  async openTests(db: Db, only: store.OpenTestFilter = {}): Promise<ConfiguredTest[]> {
    const rows = await store.listOpenTests(db, only)
    if (rows.length === 0) return []
    const ids = rows.map(({ id }) => id)
    const variants = await store.listVariants(db, ids)
    const epochs = new Map((await store.currentEpochs(db, ids)).map((epoch) => [epoch.test_id, epoch]))
    const named = await this.#named(db, rows, variants)
    const seeds = await store.findLayerSeeds(
      db,
      rows.flatMap(({ layer_id }) => layer_id ?? []),
    )
    const byTest = Map.groupBy(variants, ({ test_id }) => test_id)
    return rows.map((row) => {
      const layer = row.layer_id === null ? null : { seed: seeds.get(row.layer_id)!, ranges: row.layer_ranges as [] }
      return configured(row, byTest.get(row.id) ?? [], epochs.get(row.id)!, { ...named, layer })
    })
  }

  async #named(db: Db, rows: readonly store.TestRow[], variants: readonly store.VariantRow[]): Promise<Named> {
    const { prompts } = this.#parts
    const versions = await prompts.loadVersions(
      db,
      variants.flatMap(({ version_id }) => version_id ?? []),
    )
    const keys = await prompts.loadKeys(
      db,
      [...rows, ...variants].flatMap(({ prompt_id }) => prompt_id ?? []),
    )
    return { versions, keys }
  }
}

interface Named {
  versions: ReadonlyMap<string, VersionHandle>
  /** Of prompts, by id. */
  keys: ReadonlyMap<string, string>
}

/** The configuration's ETag. */
export function tagOfConfiguration(configuration: TestConfiguration): string {
  return createHash('sha256').update(JSON.stringify(configuration)).digest('base64url')
}

function configured(
  row: store.TestRow,
  variants: readonly store.VariantRow[],
  epoch: store.EpochRow,
  { versions, keys, layer }: Named & { layer: ConfiguredTest['layer'] },
): ConfiguredTest {
  const places = new Map(variants.map(({ name }, place) => [name, place]))
  const forced = Object.entries(row.forced as Record<string, string>)
  const promptOf = (id: string | null) => (id === null ? null : { id, key: keys.get(id)! })
  return {
    id: row.id,
    key: row.key,
    status: row.status as ConfiguredTest['status'],
    isKilled: row.is_killed,
    prompt: promptOf(row.prompt_id),
    label: row.label,
    unit: row.unit,
    // Of the table that was read: a change of weights may have come between.
    epoch: epoch.epoch,
    seed: row.seed,
    trafficPercentage: row.traffic_percentage,
    slots: encodeSlots(epoch.slots),
    variants: variants.map((variant) => {
      const prompt = promptOf(variant.prompt_id)
      const version = variant.version_id === null ? undefined : versions.get(variant.version_id)
      return {
        id: variant.id,
        name: variant.name,
        payload: variant.payload as ConfiguredTest['variants'][number]['payload'],
        prompt: prompt && version ? { ...prompt, versionId: version.id, versionNumber: version.versionNumber } : null,
      }
    }),
    targeting: ((row.targeting as Targeting | null)?.rule ?? null) as ConfiguredTest['targeting'],
    layer,
    holdouts: (row.holdouts ?? []) as ConfiguredTest['holdouts'],
    forced: Object.fromEntries(forced.map(([unit, name]) => [unit, places.get(name)!])),
    bucketing: row.bucketing as ConfiguredTest['bucketing'],
  }
}

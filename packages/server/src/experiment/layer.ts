import { FairleadError } from '@fairlead/core/base'
import type { ScopedDb } from '../database/index.ts'
import type { TestRow } from './test-store.ts'
import { takenRanges } from './test-store.ts'

type Range = [from: number, to: number]

const slotCount = 16_384

/**
 * The slots of its layer that are free, and now this test's, for as much of the layer as it asks for. Whoever allots slots
 * of a layer holds it until the transaction ends. Throws `experiment.layer_full`.
 */
export async function allotRanges(db: ScopedDb, row: TestRow): Promise<Range[]> {
  const layerId = row.layer_id!
  await db.selectFrom('ab_layers').select('id').where('id', '=', layerId).forUpdate().executeTakeFirstOrThrow()
  const wanted = Math.max(1, Math.round((Number(row.layer_percentage) / 100) * slotCount))
  const free = freeRanges(await takenRanges(db, layerId))
  const allotted: Range[] = []
  let missing = wanted
  for (const [from, to] of free) {
    if (missing === 0) break
    const taken = Math.min(missing, to - from)
    allotted.push([from, from + taken])
    missing -= taken
  }
  if (missing === 0) return allotted
  const left = ((wanted - missing) / slotCount) * 100
  const message = `The layer has ${left.toFixed(2)} % of its units left, and the test asks for ${Number(row.layer_percentage)} %. End another test of the layer, or ask for less.`
  throw new FairleadError('experiment.layer_full', message, { data: { percentageLeft: left } })
}

/** How much of a layer no test has. */
export async function percentageLeft(db: ScopedDb, layerId: string): Promise<number> {
  const free = freeRanges(await takenRanges(db, layerId))
  return (free.reduce((sum, [from, to]) => sum + to - from, 0) / slotCount) * 100
}

/** What no range covers. */
function freeRanges(taken: readonly Range[]): Range[] {
  const free: Range[] = []
  let at = 0
  for (const [from, to] of [...taken].sort(([a], [b]) => a - b)) {
    if (from > at) free.push([at, from])
    at = Math.max(at, to)
  }
  if (at < slotCount) free.push([at, slotCount])
  return free
}

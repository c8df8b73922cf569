import { FairleadError } from '@fairlead/core/base'
import type { AbTest, AbTestChange, Bucketing } from '@fairlead/core/experiment'
import type { ScopedDb } from '../database/index.ts'
import type { PromptVersions } from '../prompt/ports.ts'

/** A fault of a request's body. */
interface Fault {
  pointer: string
  message: string
}

/** What was asked for can't be: the error names each place, and says what could be there. */
export function invalid(errors: readonly Fault[]): FairleadError {
  const [{ pointer, message }] = errors as [Fault]
  return new FairleadError('experiment.invalid', `${pointer} ${message.replace(/\.$/, '')}.`, { data: { errors } })
}

/** An end that could not come, or would at once, is a slip of who wrote it; a start that has passed means now. */
export function assertTimes(
  { startDate, endDate }: Pick<AbTestChange, 'startDate' | 'endDate'>,
  before: { start_date: Date | null; end_date: Date | null } = { start_date: null, end_date: null },
): void {
  const pointer = '/endDate'
  if (endDate && new Date(endDate).getTime() <= Date.now())
    throw invalid([{ pointer, message: 'must lie ahead. To end a test now, stop it' }])
  if (!startDate && !endDate) return
  const start = startDate === undefined ? before.start_date : startDate && new Date(startDate)
  const end = endDate === undefined ? before.end_date : endDate && new Date(endDate)
  if (start && end && end <= start) throw invalid([{ pointer, message: 'must be later than "startDate"' }])
}

/** A winner goes where its prompt has a place for it. */
export async function assertPromotable(
  db: ScopedDb,
  prompts: PromptVersions,
  promotion: AbTest['promotion'],
  variants: readonly { prompt_id?: string | null | undefined }[],
): Promise<void> {
  if (!promotion) return
  const promptIds = new Set(variants.flatMap(({ prompt_id }) => prompt_id ?? []))
  if (promptIds.size === 0)
    throw invalid([{ pointer: '/promotion', message: 'must go with a "prompt": there is nothing else to promote' }])
  const branch = promotion.mergeInto
  if (branch === null) return
  for (const promptId of promptIds) {
    if (await prompts.findVersion(db, promptId, { branch })) continue
    throw invalid([{ pointer: '/promotion/mergeInto', message: `is "${branch}", and the prompt has no such branch` }])
  }
}

/** A scheme speaks of variants by their places, and must speak of those that there are. */
export function assertPlaces(bucketing: AbTest['bucketing'], variants: number): void {
  if (!bucketing) return
  const { field, count, isExact } = placesOf(bucketing)
  if (count === variants || (count < variants && !isExact)) return
  const message = isExact
    ? `must be of ${variants} variants, and is of ${count}`
    : `must name variants by places from 0 to ${variants - 1}, and names ${count - 1}`
  throw invalid([{ pointer: `/bucketing/settings/${field}`, message }])
}

/** How many variants settings are about: exactly so many, or at least. */
function placesOf({ scheme, settings }: Bucketing): { field: string; count: number; isExact: boolean } {
  const last = (places: readonly (number | null)[]) => Math.max(0, ...places.map((place) => place ?? 0))
  switch (scheme) {
    case 'unleash':
      return { field: 'weights', count: settings.weights.length, isExact: true }
    case 'optimizely': {
      const places = settings.trafficAllocation.map(({ entity }) => entity)
      return { field: 'trafficAllocation', count: last(places) + 1, isExact: false }
    }
    case 'eppo': {
      const places = settings.splits.map(({ variant }) => variant)
      return { field: 'splits', count: last(places) + 1, isExact: false }
    }
    default:
      return { field: 'variations', count: settings.variations, isExact: true }
  }
}

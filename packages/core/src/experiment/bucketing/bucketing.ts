import { eppo } from './eppo.ts'
import { fairlead } from './fairlead.ts'
import { growthbookV1, growthbookV2 } from './growthbook.ts'
import { optimizely } from './optimizely.ts'
import type { BucketingScheme } from './scheme.ts'
import { unleash } from './unleash.ts'

/**
 * Ways to bucket by name, for teams that move over from another system: each has that system's own functions, and
 * `assign(settings, id)`. Whoever ships to browsers imports the one scheme that is needed.
 */
export const bucketing = {
  fairlead,
  unleash,
  optimizely,
  'growthbook-v1': growthbookV1,
  'growthbook-v2': growthbookV2,
  eppo,
} satisfies Record<string, BucketingScheme<never>>

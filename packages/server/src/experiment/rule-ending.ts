import { controlPlane } from './history.ts'
import type { LifecycleService } from './lifecycle-service.ts'
import type { Decision } from './look-record.ts'
import type { PromoteService } from './promote-service.ts'

/** Ends a test by its rule, and promotes the winner, if there is one. */
export async function endByRule(
  { lifecycle, promotion }: { lifecycle: LifecycleService; promotion: PromoteService },
  organizationId: string,
  id: string,
  decided: Decision,
): Promise<void> {
  const ending = { winner: decided.winnerVariantId, reason: reasonOf(decided) }
  const test = await lifecycle.complete(organizationId, controlPlane, id, ending)
  await promotion.promote(organizationId, null, test)
}

function reasonOf({ outcome, harm }: Decision): string {
  if (outcome === 'winner') return 'The stopping rule has fired.'
  if (outcome === 'futile') return 'No variant is likely to win any more.'
  return `A guardrail got worse: ${[...new Set(harm.map(({ metric }) => metric))].join(', ')}.`
}

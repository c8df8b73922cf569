import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Tables } from '../database/index.ts'
import type { CheckSource, PromptVersions } from '../prompt/ports.ts'

/**
 * Says which moves a test has decided: to its winner, by its rule, or to another version of the same content. What somebody
 * chose without the rule is a winner, and meets nothing; nor does what turned out to be worse in use. A label shows what is
 * in use: a test says nothing about what it would replace if that was no part of what its last look compared.
 */
export function createTestCheck(prompts: PromptVersions): CheckSource {
  return {
    checkName: 'experiment',
    demand:
      'an A/B test must have decided for it by its rule, and what a label shows until now must have been in that test',
    async metFor(db, promptId, moves) {
      const decided = await decidedVariants(db, promptId)
      const ids = decided.flatMap(({ version_id }) => version_id ?? [])
      const versions = await prompts.loadVersions(db, [...new Set(ids)])
      const tests = [...Map.groupBy(decided, ({ test_id }) => test_id).values()].map((variants) => {
        const contents = variants.map(({ version_id }) => versions.get(version_id ?? '')?.contentHash)
        const winner = variants.findIndex(
          ({ id, prompt_id, winner_variant_id }) => id === winner_variant_id && prompt_id === promptId,
        )
        const compared = contents.filter((_, place) => variants[place]!.contenders?.includes(variants[place]!.position))
        return { won: contents[winner], compared: new Set(compared) }
      })
      const isDecided = ({ kind, fromContent, toContent }: (typeof moves)[number]) =>
        tests.some(
          ({ won, compared }) =>
            won === toContent && (kind !== 'label' || fromContent === null || compared.has(fromContent)),
        )
      return new Set(moves.filter(isDecided))
    },
  }
}

/**
 * All variants of the tests whose rule has decided for a version of a prompt, but those that were rolled back; with the
 * places of those that the look which decided compared.
 */
async function decidedVariants(db: Kysely<Tables>, promptId: string) {
  return db
    .selectFrom('ab_tests')
    .innerJoin('ab_variants', (join) =>
      join
        .onRef('ab_variants.organization_id', '=', 'ab_tests.organization_id')
        .onRef('ab_variants.test_id', '=', 'ab_tests.id'),
    )
    .select([
      'ab_variants.id',
      'ab_variants.test_id',
      'ab_variants.prompt_id',
      'ab_variants.version_id',
      'ab_variants.position',
      'ab_tests.winner_variant_id',
    ])
    .select(({ selectFrom }) =>
      selectFrom('ab_history')
        .select(sql<number[]>`data -> 'evidence' -> 'contenders'`.as('contenders'))
        .whereRef('ab_history.organization_id', '=', 'ab_tests.organization_id')
        .whereRef('ab_history.test_id', '=', 'ab_tests.id')
        .where('action', '=', 'look')
        .orderBy('seq', 'desc')
        .limit(1)
        .as('contenders'),
    )
    .where('ab_tests.status', '=', 'completed')
    .where('ab_tests.is_decided', '=', true)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('ab_variants as winner')
          .select('winner.id')
          .whereRef('winner.organization_id', '=', 'ab_tests.organization_id')
          .whereRef('winner.id', '=', 'ab_tests.winner_variant_id')
          .where('winner.prompt_id', '=', promptId),
      ),
    )
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(
          selectFrom('ab_history')
            .select('seq')
            .whereRef('ab_history.organization_id', '=', 'ab_tests.organization_id')
            .whereRef('ab_history.test_id', '=', 'ab_tests.id')
            .where('action', '=', 'rolled_back'),
        ),
      ),
    )
    .execute()
}

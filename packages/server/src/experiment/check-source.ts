import type { CheckSource, PromptVersions } from '../prompt/ports.ts'

/**
 * Says for which versions a test has decided: its winner, by its rule, and all versions of equal content. What somebody
 * chose without the rule is a winner, and meets nothing; nor does what turned out to be worse in use.
 */
export function createTestCheck(prompts: PromptVersions): CheckSource {
  return {
    checkName: 'experiment',
    async metFor(db, promptId, versions) {
      const won = await db
        .selectFrom('ab_tests')
        .innerJoin('ab_variants', (join) =>
          join
            .onRef('ab_variants.organization_id', '=', 'ab_tests.organization_id')
            .onRef('ab_variants.id', '=', 'ab_tests.winner_variant_id'),
        )
        .select('ab_variants.version_id')
        .where('ab_tests.status', '=', 'completed')
        .where('ab_tests.is_decided', '=', true)
        .where('ab_variants.prompt_id', '=', promptId)
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
      const winners = await prompts.loadVersions(
        db,
        won.flatMap(({ version_id }) => version_id ?? []),
      )
      const contents = new Set([...winners.values()].map(({ contentHash }) => contentHash))
      return new Set(versions.flatMap(({ versionId, contentHash }) => (contents.has(contentHash) ? [versionId] : [])))
    },
  }
}

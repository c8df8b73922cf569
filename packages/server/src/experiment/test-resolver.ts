import { bucketing, prepareTest } from '@fairlead/core/experiment'
import type { PromptVersions, VersionResolver } from '../prompt/ports.ts'
import type { ConfigurationService } from './configuration-service.ts'

export interface TestResolverParts {
  configuration: ConfigurationService
  prompts: PromptVersions
  /** Who answers where no test does. */
  refs: VersionResolver
}

/**
 * Resolves prompts through the tests that run on them: a unit gets the version of its variant, where the label is asked
 * for that the test is about. Whoever asks for a version or a branch gets that, and so does who takes part in no test.
 */
export function createTestResolver({ configuration, prompts, refs }: TestResolverParts): VersionResolver {
  return {
    async resolve(db, request) {
      const { version, branch, unit, attributes } = request
      const isNobody = unit == null && attributes == null
      if (version !== undefined || branch !== undefined || isNobody) return refs.resolve(db, request)
      const prompt = await prompts.findPrompt(db, request.prompt)
      if (!prompt) return null
      const label = request.label ?? 'production'
      for (const test of await configuration.openTests(db, { promptLabel: { promptId: prompt.id, label } })) {
        const { variant, unit } = prepareTest(test, bucketing)(request)
        if (!variant?.prompt || unit === null) continue
        const { id, versionNumber } = variant.prompt
        const found = await refs.resolve(db, { prompt: id, version: versionNumber })
        if (!found) continue
        const assignment = { testId: test.id, epoch: test.epoch, unit }
        return { ...found, pin: { ...found.pin, variantId: variant.id, assignment } }
      }
      return refs.resolve(db, request)
    },
    load: (db, pins) => refs.load(db, pins),
  }
}

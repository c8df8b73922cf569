import { randomInt } from 'node:crypto'
import type { Database, DatabaseLogger } from '../database/index.ts'
import { ChangeFeed, consumeOutbox } from '../database/index.ts'
import type { Jobs } from '../jobs/index.ts'
import type { PromptVersions, VersionPromotion, VersionResolver } from '../prompt/ports.ts'
import type { RunFinder } from '../workflow/ports.ts'
import { AssignService } from './assign-service.ts'
import { createTestCheck } from './check-source.ts'
import { ConfigurationService } from './configuration-service.ts'
import { EvidenceService } from './evidence-service.ts'
import { LifecycleService } from './lifecycle-service.ts'
import { LookService } from './look-service.ts'
import { PromoteService } from './promote-service.ts'
import { ResultService } from './result-service.ts'
import { createExperimentRoutes } from './routes.ts'
import { createRunEvidence } from './run-evidence.ts'
import { SharingService } from './sharing-service.ts'
import { createSweep } from './sweep.ts'
import { createTestResolver } from './test-resolver.ts'
import { TestService } from './test-service.ts'

export { createTestCheck }

export interface ExperimentRoomParts {
  database: Database
  logger: DatabaseLogger
  newId: () => string
  versions: PromptVersions
  /** Who answers for prompts that no test is about. */
  refs: VersionResolver
  promotion: VersionPromotion
  runs: RunFinder
}

const sweepMs = 10_000
const evidenceMs = 1_000

/** The experiment room: its routes, what it answers other rooms, and the background work around tests. */
export function createExperimentRoom({ database, logger, newId, versions, refs, runs, ...parts }: ExperimentRoomParts) {
  const newSeed = () => randomInt(2 ** 32)
  const changes = new ChangeFeed(database, 'ab_tests')
  const evidence = new EvidenceService(database)
  const configuration = new ConfigurationService({ database, prompts: versions })
  const results = new ResultService(database)
  const tests = new TestService({ database, prompts: versions, changes, newId, newSeed })
  const promotion = new PromoteService({ database, promotion: parts.promotion })
  const lifecycle = new LifecycleService({ database, prompts: versions, tests, changes })
  const looks = new LookService(database, results)
  const sweep = createSweep({ database, versions, lifecycle, tests, looks, promotion, changes, logger })
  const runEvidence = createRunEvidence({ database, runs, evidence, logger })
  return {
    sweep,
    /** Resolves prompts through running tests. */
    resolver: createTestResolver({ configuration, prompts: versions, refs }),
    handlers: createExperimentRoutes({
      tests,
      lifecycle,
      promotion,
      assigning: new AssignService({ database, configuration, evidence }),
      evidence,
      results,
      looks,
      configuration,
      changes,
      sharing: new SharingService({ database, newId, newSeed }),
    }),
    async start(jobs: Jobs): Promise<void> {
      await jobs.schedule('ab-test-evidence', { everyMs: evidenceMs }, (_data, signal) =>
        consumeOutbox(database, 'experiment', runEvidence.handle, signal),
      )
      await jobs.schedule('ab-test-sweep', { everyMs: sweepMs }, (_data, signal) => sweep(signal))
    },
  }
}

export type ExperimentRoom = ReturnType<typeof createExperimentRoom>

import type { Database } from '../database/index.ts'
import { ChangeFeed } from '../database/index.ts'
import { DeliveryService } from './delivery-service.ts'
import { HistoryService } from './history-service.ts'
import type { CheckSource } from './ports.ts'
import { Protection } from './protection.ts'
import { RefMover } from './ref-move.ts'
import { RefService } from './ref-service.ts'
import { ReviewService } from './review-service.ts'
import type { RuleServiceParts } from './rule-service.ts'
import { RuleService } from './rule-service.ts'
import { PromptService } from './service.ts'
import { TransferService } from './transfer-service.ts'
import { VersionWriter } from './version-writer.ts'

export interface PromptRoomParts {
  database: Database
  clock: () => number
  createId: () => string
  /** Who answers for checks that nobody may simply set, such as `experiment`. */
  checks: readonly CheckSource[]
  audit: RuleServiceParts['audit']
}

export interface PromptServices {
  prompts: PromptService
  delivery: DeliveryService
  changes: ChangeFeed
  refs: RefService
  history: HistoryService
  reviews: ReviewService
  rules: RuleService
  transfers: TransferService
}

/** The prompt room's services; all of them move refs in one way, under one protection. */
export function createPromptServices({ database, clock, createId, checks, audit }: PromptRoomParts): PromptServices {
  const protection = new Protection(checks)
  const changes = new ChangeFeed(database, 'prompt_refs')
  const refs = new RefMover({ protection, clock, changes })
  const versions = new VersionWriter({ refs, clock, createId })
  return {
    prompts: new PromptService({ database, versions, createId }),
    delivery: new DeliveryService(database),
    changes,
    refs: new RefService({ database, refs }),
    history: new HistoryService({ database, refs, versions }),
    reviews: new ReviewService({ database, protection, refs, versions, clock, createId }),
    rules: new RuleService({ database, createId, audit }),
    transfers: new TransferService({ database, refs, createId }),
  }
}

import type { EndpointContract } from '../base/contract-schema.ts'
import { deliveryContract } from './delivery-contract-schema.ts'
import type { promptEndpoints } from './endpoints.ts'
import { historyContract } from './history-contract-schema.ts'
import { refContract } from './ref-contract-schema.ts'
import { reviewContract } from './review-contract-schema.ts'
import { transferContract } from './transfer-contract-schema.ts'
import { versionContract } from './version-contract-schema.ts'

/** What the prompt room's endpoints take and answer. */
export const promptContract = {
  ...versionContract,
  ...deliveryContract,
  ...refContract,
  ...historyContract,
  ...transferContract,
  ...reviewContract,
} as const satisfies Record<keyof typeof promptEndpoints, EndpointContract>

import type { transferEndpoints } from '@fairlead/core/prompt'
import type { Handlers } from '../http/index.ts'
import { pageOf } from '../http/index.ts'
import { actorOf } from './actor.ts'
import type { TransferService } from './transfer-service.ts'

/** Whole histories over HTTP, in pieces of any size. */
export function createTransferRoutes(transfers: TransferService): Handlers<keyof typeof transferEndpoints> {
  return {
    async exportPrompt({ organizationId, params, query: { limit }, cursor }) {
      const [after] = cursor.after('number') ?? []
      const rows = await transfers.export(organizationId, params.id, { limit: limit + 1, after })
      const position = ({ versionNumber }: (typeof rows)[number]) => [versionNumber]
      return { status: 200, body: pageOf(rows, { limit, cursor, item: (row) => row, position }) }
    },
    async importPrompt({ organizationId, principal, body }) {
      return { status: 200, body: await transfers.import(organizationId, actorOf(principal), body) }
    },
  }
}

import type { ResponseOf } from '@fairlead/core/contract'
import type { EndpointName } from '@fairlead/core/endpoints'
import type { BackendKind } from '../../database/testing/index.ts'
import type { Answer, LooseRequest, ValidRequest } from '../../http/testing/call.suite.ts'
import type { Inhabitant, InhabitedServer } from '../../http/testing/inhabited-server.suite.ts'
import { openInhabitedServer } from '../../http/testing/inhabited-server.suite.ts'

/** A control plane with one organization, for tests of A/B tests. */
export interface ExperimentServer {
  server: InhabitedServer
  acme: Inhabitant
  /** A request that must succeed. */
  ask<Name extends EndpointName>(name: Name, request: ValidRequest<Name>): Promise<ResponseOf<Name>>
  /** Any request. */
  call(name: EndpointName, request: LooseRequest): Promise<Answer>
  /** A prompt with a version on `main`, labelled `production`, and one on the branch `candidate`. */
  newPrompt(): Promise<{ id: string; key: string }>
  close(): Promise<void>
}

export async function openExperimentServer(kind: BackendKind): Promise<ExperimentServer> {
  const server = await openInhabitedServer({ worker: true }, kind)
  const acme = await server.inhabit('acme')
  const ask: ExperimentServer['ask'] = async (name, request) => (await acme.ask(name, request)).body
  return {
    server,
    acme,
    ask,
    call: (name, request) => server.call(name, { credential: acme.key, ...request }),
    async newPrompt() {
      const created = await acme.ask('createPrompt', { body: { key: acme.name(), content: { text: 'Be brief.' } } })
      const { id, key } = created.body
      const move = { params: { id, name: 'production' }, ifMatch: null, body: { to: 'branch/main' } }
      await acme.ask('movePromptLabel', move)
      await acme.ask('movePromptBranch', {
        params: { id, name: 'candidate' },
        ifMatch: null,
        body: { to: 'branch/main' },
      })
      const { etag } = await acme.ask('getPromptBranch', { params: { id, name: 'candidate' } })
      await acme.ask('createPromptVersion', {
        params: { id },
        ifMatch: etag,
        body: { content: { text: 'Be brief, and kind.' }, branch: 'candidate' },
      })
      return { id, key }
    },
    close: () => server.close(),
  }
}

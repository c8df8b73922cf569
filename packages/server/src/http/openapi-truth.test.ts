import { validateJson } from '@fairlead/core/base'
import type { EndpointName } from '@fairlead/core/endpoints'
import { endpoints } from '@fairlead/core/endpoints'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createOpenApi } from './openapi.ts'
import type { LooseRequest } from './testing/call.suite.ts'
import type { Inhabitant, InhabitedServer } from './testing/inhabited-server.suite.ts'
import { openInhabitedServer } from './testing/inhabited-server.suite.ts'
import { validRequests } from './testing/valid-requests.suite.ts'

const names = Object.keys(endpoints) as EndpointName[]
const document = JSON.parse(createOpenApi()('/api/v1').replaceAll('#/components/schemas/', '#/$defs/'))

interface Operation {
  parameters: { name: string; in: string; schema: object }[]
  requestBody?: { content: Record<string, { schema: object }> }
  responses: Record<string, { headers: object; content?: Record<string, { schema: object }> }>
}

function operationOf(name: EndpointName): Operation {
  const { path, method } = endpoints[name]
  return document.paths[path.replaceAll(/:(\w+)/g, '{$1}')][method.toLowerCase()]
}

/** What keeps a value from being what the document says, to a reader who knows the document only. */
function faultsOf(schema: object, value: unknown) {
  return validateJson({ ...schema, $defs: document.components.schemas }, value)
}

let server: InhabitedServer
let acme: Inhabitant

beforeAll(async () => {
  server = await openInhabitedServer()
  acme = await server.inhabit('acme')
})
afterAll(async () => {
  await server.close()
})

describe('the OpenAPI document tells the truth', () => {
  test.each(names)('about a valid request of %s and its answer', async (name) => {
    const request: LooseRequest = { credential: acme.key, ...(await validRequests[name](acme)) } as LooseRequest
    const { parameters, requestBody, responses } = operationOf(name)
    for (const place of ['params', 'query'] as const) {
      for (const [key, value] of Object.entries(request[place] ?? {})) {
        const parameter = parameters.find(
          (one) => one.name === key && one.in === (place === 'params' ? 'path' : 'query'),
        )
        expect(faultsOf(parameter!.schema, value), key).toEqual([])
      }
    }
    if (requestBody) expect(faultsOf(requestBody.content['application/json']!.schema, request.body)).toEqual([])
    const answer = await server.call(name, request)
    const described = responses[answer.status]!
    for (const header of ['ETag', 'Location']) {
      if (answer.headers.has(header)) expect(Object.keys(described.headers)).toContain(header)
    }
    const content = described.content?.['application/json']
    if (content) expect(faultsOf(content.schema, answer.body)).toEqual([])
    else expect(answer.body).toBeUndefined()
  })

  test('about a failure', async () => {
    const { body } = await server.call('createKey', { credential: acme.key, body: { zzz: 1 } })
    expect(faultsOf(document.components.responses.Problem.content['application/problem+json'].schema, body)).toEqual([])
    expect(faultsOf(document.components.responses.Problem.content['application/problem+json'].schema, {})).not.toEqual(
      [],
    )
  })
})

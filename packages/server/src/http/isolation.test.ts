import type { Endpoint } from '@fairlead/core/base'
import { contract } from '@fairlead/core/contract'
import type { EndpointName } from '@fairlead/core/endpoints'
import { endpoints } from '@fairlead/core/endpoints'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { backends, newId } from '../database/testing/index.ts'
import type { Answer, LooseRequest } from './testing/call.suite.ts'
import { expectProblem } from './testing/expect-problem.suite.ts'
import type { Inhabitant, InhabitedServer } from './testing/inhabited-server.suite.ts'
import { openInhabitedServer } from './testing/inhabited-server.suite.ts'
import { furnish, validRequests } from './testing/valid-requests.suite.ts'

const names = Object.keys(endpoints) as EndpointName[]
const withParameters = names.filter((name) => 'params' in contract[name])
const reading = names.filter((name) => endpoints[name].method === 'GET')
const lists = names.filter((name) => isPage(contract[name].responses))

/** Without what belongs to the one request: its id, its path, and the id that it named. */
function withoutRequest({ body }: Answer, id: string): object {
  const { requestId: _, instance: __, ...members } = JSON.parse(JSON.stringify(body).replaceAll(id, '<id>'))
  return members
}

describe.each(backends)('two organizations on %s', (kind) => {
  let server: InhabitedServer
  let acme: Inhabitant
  let globex: Inhabitant

  beforeAll(async () => {
    server = await openInhabitedServer({}, kind)
    acme = await server.inhabit('acme')
    globex = await server.inhabit('globex')
    await furnish(acme)
    await furnish(globex)
  })
  afterAll(async () => {
    await server.close()
  })

  async function valid(name: EndpointName, by: Inhabitant): Promise<LooseRequest> {
    return { credential: by.key, ...(await validRequests[name](by)) } as LooseRequest
  }

  describe('every endpoint', () => {
    test.each(names)('%s answers a valid request as its contract says', async (name) => {
      const answer = await server.call(name, await valid(name, acme))
      const responses: Record<number, unknown> = contract[name].responses
      expect(Object.keys(responses), answer.text).toContain(String(answer.status))
    })
  })

  describe("the id of another organization's object", () => {
    test.each(withParameters)('answers %s exactly like an unknown id, and the owner as before', async (name) => {
      const theirs = await valid(name, globex)
      const [parameter, id] = Object.entries(theirs.params!)[0]!
      const unknown = newId()
      const [crossed, missing] = [id as string, unknown].map((value) =>
        server.call(name, { ...theirs, credential: acme.key, params: { ...theirs.params, [parameter]: value } }),
      )
      const [ours, none] = [await crossed!, await missing!]
      expectProblem(ours, { status: 404 })
      expect(withoutRequest(ours, id as string)).toEqual(withoutRequest(none, unknown))
      expect(namesOf(ours.headers)).toEqual(namesOf(none.headers))
      expect(ours.text).not.toContain(globex.marker)
      const owners = await server.call(name, theirs)
      expect(owners.status, owners.text).toBeLessThan(300)
    })
  })

  describe('an id that can be none', () => {
    // What is wrong with a name that the client chooses itself is said, see abuse.test.ts.
    const namesWhatItBegins = (name: EndpointName, parameter: string) => {
      const { ifMatch, path }: Endpoint = endpoints[name]
      return ifMatch === 'or-none' && path.endsWith(`/:${parameter}`)
    }
    const ids = withParameters.flatMap((name) =>
      Object.entries((contract[name] as { params: z.ZodObject }).params.shape as Record<string, z.ZodType>).flatMap(
        ([parameter, schema]) =>
          ['nope', '-76543', 'a b', 'w\0z']
            .filter((id) => !schema.safeParse(id).success || id.includes('\0'))
            .filter(() => !namesWhatItBegins(name, parameter))
            .map((id) => [name, parameter, id] as const),
      ),
    )
    test.each(ids)('is answered by %s like an unknown one: :%s is %j', async (name, parameter, id) => {
      const request = await valid(name, acme)
      const unknown = { id: newId(), userId: newId(), version: '2147483647', name: 'none', requestId: newId() }[
        parameter
      ]!
      const [malformed, missing] = [id, unknown].map((value) =>
        server.call(name, { ...request, params: { ...request.params, [parameter]: value } }),
      )
      const [none, other] = [await malformed!, await missing!]
      expectProblem(none, { status: 404 })
      expect((none.body as { code: string }).code).not.toBe('http.not_found')
      const text = { ...none, body: JSON.parse(JSON.stringify(none.body).replaceAll('w\\u0000z', 'w0z')) }
      expect(withoutRequest(text, id.replace('\0', '0'))).toEqual(withoutRequest(other, unknown))
    })
  })

  describe('what one organization reads', () => {
    const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g
    const allThatIsReadBy = async (by: Inhabitant) => {
      const texts: string[] = []
      for (const name of reading) texts.push((await server.call(name, await valid(name, by))).text)
      return texts.join('\n')
    }

    test('holds no id and no name that the other reads', async () => {
      const [ours, theirs] = [await allThatIsReadBy(acme), await allThatIsReadBy(globex)]
      expect(ours).toContain(acme.marker)
      expect(theirs).toContain(globex.marker)
      expect(ours).not.toContain(globex.marker)
      expect(theirs).not.toContain(acme.marker)
      const known = new Set(theirs.match(uuids))
      expect(known.size).toBeGreaterThan(20)
      expect(ours.match(uuids)!.filter((id) => known.has(id))).toEqual([])
    })

    test.each(lists)('is not nothing: %s has something for both', async (name) => {
      for (const by of [acme, globex]) {
        const { body } = await server.call(name, await valid(name, by))
        expect((body as { data: unknown[] }).data.length).toBeGreaterThan(0)
      }
    })
  })

  describe("another organization's object inside a request", () => {
    test('is no filter: nothing is found', async () => {
      const { body: all } = await globex.ask('listExecutions', {})
      const { promptId } = all.data[0]!
      const find = (by: Inhabitant) => by.ask('listExecutions', { query: { promptId: promptId! } })
      expect((await find(globex)).body.data).toHaveLength(1)
      expect((await find(acme)).body.data).toEqual([])
    })

    test.each(['id', 'key'] as const)(
      "is not in the catalogue: a prompt's %s is unknown to a workflow",
      async (part) => {
        const [theirs] = (await globex.ask('listPrompts', {})).body.data
        const judge = async (by: Inhabitant, promptId: string) => {
          const { body } = await by.ask('validateWorkflow', { body: { definition: asking(promptId) } })
          return JSON.parse(JSON.stringify(body).replaceAll(promptId, '<prompt>'))
        }
        expect(await judge(globex, theirs![part])).toMatchObject({ valid: true })
        const crossed = await judge(acme, theirs![part])
        expect(crossed).toMatchObject({ valid: false })
        expect(crossed).toEqual(await judge(acme, part === 'id' ? newId() : 'globex-marker-none'))
      },
    )

    test("is not a key: a prompt is found by one's own keys only", async () => {
      const [theirs] = (await globex.ask('listPrompts', {})).body.data
      const crossed = await server.call('getPrompt', { params: { id: theirs!.key }, credential: acme.key })
      expectProblem(crossed, { status: 404, code: 'prompt.not_found' })
      const content = { text: 'Our own' }
      await acme.ask('createPrompt', { body: { key: theirs!.key, content } })
      expect((await acme.ask('getPrompt', { params: { id: theirs!.key } })).body.head?.content).toEqual(content)
      expect((await globex.ask('getPrompt', { params: { id: theirs!.key } })).body).toMatchObject({ id: theirs!.id })
    })

    test('is no page: a cursor of one organization is refused by the other', async () => {
      const query = { limit: 1 }
      const { body } = await globex.ask('listWorkflows', { query })
      const cursor = body.nextCursor!
      await globex.ask('listWorkflows', { query: { ...query, cursor } })
      const crossed = await server.call('listWorkflows', { query: { ...query, cursor }, credential: acme.key })
      expectProblem(crossed, { status: 400, code: 'http.bad_cursor' })
    })

    test('is no repetition: the same idempotency key means two requests', async () => {
      const headers = { 'Idempotency-Key': 'the-same' }
      const create = (by: Inhabitant) =>
        server.call('createKey', {
          credential: by.key,
          headers,
          body: { name: by.marker, scopes: ['key:read'] },
        })
      const [ours, theirs] = [await create(acme), await create(globex)]
      expect([ours.status, theirs.status]).toEqual([201, 201])
      expect(ours.text).not.toContain(globex.marker)
      expect(theirs.text).not.toContain(acme.marker)
    })
  })

  test('none of this was a fault of the server', () => {
    expect(server.errors).toEqual([])
  })
})

function isPage(responses: Record<number, z.ZodType | null>): boolean {
  const answer = responses[200]
  return answer instanceof z.ZodObject && 'nextCursor' in answer.shape
}

function namesOf(headers: Headers): string[] {
  return [...headers.keys()].toSorted()
}

/** A workflow whose only step is that prompt. */
function asking(promptId: string) {
  return {
    formatVersion: 1,
    name: 'Asks a prompt',
    inputs: { who: { type: 'string' } },
    variables: { answer: { schema: { type: 'string' } } },
    outputs: { answer: 'answer' },
    nodes: [
      {
        id: 'ask',
        type: 'prompt',
        position: { x: 0, y: 0 },
        data: {
          label: 'Ask',
          config: { promptId, modelId: 'default', inputMapping: { who: 'who' }, outputVariable: 'answer' },
        },
      },
    ],
    edges: [],
  }
}

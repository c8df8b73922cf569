import { endpoints } from '@fairlead/core/endpoints'
import { expect, it } from 'vitest'
import { createClient } from './client.ts'

it('reaches every endpoint of the API', async () => {
  const reached = new Set<string>()
  const send = async (url: string, { method, headers }: RequestInit) => {
    reached.add(`${method} ${new URL(url).pathname.replace('/api/v1', '')}`)
    if (new Headers(headers).get('Accept') === 'text/event-stream') return new Response(null, { status: 204 })
    return Response.json(
      { id: 'x', data: [], nextCursor: null, content: { text: '' }, references: [], tests: [] },
      { headers: { ETag: '"1"' } },
    )
  }
  const client = createClient({
    baseUrl: 'http://plane.test',
    apiKey: 'key',
    fetch: send as typeof fetch,
    maxRetries: 0,
  })
  const seen = { id: 'x', etag: '1', requestId: 'x' }
  // Every method of every room, called with arguments that fit it.
  const { prompts } = client
  for (const room of [...Object.values(client), prompts.history, prompts.review]) {
    // Those that are loaded later are objects of functions.
    const isLate = Object.getPrototypeOf(room) === Object.prototype
    const names = Object.getOwnPropertyNames(isLate ? room : Object.getPrototypeOf(room))
    for (const method of names.filter((name) => name !== 'constructor')) {
      const result = await room[method](...argumentsOf(method, room === prompts.review, seen))
      if (typeof result?.page === 'function') await result.page()
    }
  }
  await (await client.experiments.local()).close()
  const run = client.runs.handle('x')
  await run.events().next()
  const filled = (path: string) => path.replace(':version', '1').replace(':name', 'main').replace(/:\w+/g, 'x')
  const expected = Object.values(endpoints).map(({ method, path }) => `${method} ${filled(path)}`)
  expect([...reached].sort()).toEqual(expected.sort())
})

it('says what is missing', () => {
  expect(() => createClient({ baseUrl: '', apiKey: 'key' })).toThrow('createClient needs "baseUrl"')
  expect(() => createClient({ baseUrl: 'plane', apiKey: 'key' })).toThrow('"plane" is no URL')
})

it.each([
  'http://plane.test/base',
  'http://plane.test/base/',
  'http://plane.test/base/api/v1',
  'http://plane.test/base/api/v1/',
])('takes %s for the address of the same control plane', async (baseUrl) => {
  const urls: string[] = []
  const send = async (url: string) => {
    urls.push(url)
    return Response.json({})
  }
  await createClient({ baseUrl, apiKey: 'key', fetch: send as typeof fetch }).tenant.me()
  expect(urls).toEqual(['http://plane.test/base/api/v1/me'])
})

const takeSeen =
  /^(update(?!Member)|archive|commit|merge$|rollBack|revert|cherryPick|move|remove(?=Branch|Label|Tag)|deleteRule)/
const takeName = /^(branch|label|tagged|moveBranch|moveLabel|removeBranch|removeLabel|removeTag)$/

function argumentsOf(method: string, isReview: boolean, seen: object): unknown[] {
  const takesRequest = isReview && ['review', 'merge', 'request', 'preview', 'close'].includes(method)
  const takesBody = ['createRule', 'import'].includes(method)
  if (method === 'compare') return [['x'], {}]
  const first = takesBody ? {} : takesRequest || takeSeen.test(method) ? seen : 'x'
  return [first, ...(method === 'version' ? [1] : takeName.test(method) ? ['main'] : []), {}]
}

import { describe, expect, it } from 'vitest'
import { createClient } from '../client.ts'

/** A client whose requests are noted and answered with the same body. */
function noting(body: unknown, etag = '"hash"') {
  const requests: Request[] = []
  const send = async (url: string | URL | Request, init?: RequestInit) => {
    requests.push(new Request(url, init))
    return Response.json(body, { headers: { ETag: etag } })
  }
  const client = createClient({ baseUrl: 'http://plane.test', apiKey: 'key', fetch: send as typeof fetch })
  return { history: client.prompts.history, requests }
}

describe('the history of prompts', () => {
  it('is changed on top of what was read, and begun where nothing is', async () => {
    const { history, requests } = noting({ name: 'production' })
    const label = await history.moveLabel({ id: 'greet', etag: null }, 'production', { to: '3' })
    expect(label.etag).toBe('hash')
    await history.moveLabel({ id: 'greet', etag: label.etag }, 'production', { to: 'branch/main' })
    await history.merge({ id: 'greet', etag: 'other' }, { source: 'branch/draft', mode: 'squash' })
    expect(requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
      'PUT /api/v1/prompts/greet/labels/production',
      'PUT /api/v1/prompts/greet/labels/production',
      'POST /api/v1/prompts/greet/merge',
    ])
    const preconditions = requests.map(({ headers }) => [headers.get('If-None-Match'), headers.get('If-Match')])
    expect(preconditions).toEqual([
      ['*', null],
      [null, '"hash"'],
      [null, '"other"'],
    ])
    expect(await requests[2]!.json()).toEqual({ source: 'branch/draft', mode: 'squash' })
  })

  it('is read by revisions in the query', async () => {
    const { history, requests } = noting({ changes: [] })
    await history.diff('greet', { from: 'label/production', to: 'branch/main' })
    await history.blame('greet')
    expect(requests.map(({ url }) => url.replace('http://plane.test/api/v1', ''))).toEqual([
      '/prompts/greet/diff?from=label%2Fproduction&to=branch%2Fmain',
      '/prompts/greet/blame',
    ])
  })
})

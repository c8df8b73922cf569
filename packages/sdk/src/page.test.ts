import { describe, expect, it } from 'vitest'
import { createClient } from './client.ts'

const pages: Record<string, { data: { id: string }[]; nextCursor: string | null }> = {
  first: { data: [{ id: 'a' }, { id: 'b' }], nextCursor: 'c2' },
  c2: { data: [], nextCursor: 'c3' },
  c3: { data: [{ id: 'c' }], nextCursor: null },
}

/** A client whose runs come on three pages, the second of which is empty. */
function paged() {
  const queries: string[] = []
  const send = async (url: string) => {
    const { search, searchParams } = new URL(url)
    queries.push(search)
    return Response.json(pages[searchParams.get('cursor') ?? 'first'])
  }
  const client = createClient({ baseUrl: 'http://plane.test', apiKey: 'key', fetch: send as typeof fetch })
  return { client, queries }
}

async function idsOf(list: AsyncIterable<{ id: string }>): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of list) ids.push(id)
  return ids
}

describe('a list', () => {
  it('goes through all pages with the same filters, also past an empty one', async () => {
    const { client, queries } = paged()
    expect(await idsOf(client.runs.list({ status: 'failed', limit: 2 }))).toEqual(['a', 'b', 'c'])
    expect(queries).toEqual([
      '?status=failed&limit=2',
      '?status=failed&limit=2&cursor=c2',
      '?status=failed&limit=2&cursor=c3',
    ])
  })

  it('asks for nothing before it is read, and for no page that is not needed', async () => {
    const { client, queries } = paged()
    const list = client.runs.list()
    expect(queries).toEqual([])
    for await (const { id } of list) if (id === 'b') break
    expect(queries).toEqual([''])
  })

  it('gives one page by its cursor, and begins anew with each loop', async () => {
    const { client, queries } = paged()
    const list = client.runs.list()
    expect(await list.page()).toEqual(pages.first)
    expect(await list.page('c3')).toEqual(pages.c3)
    expect(await idsOf(list)).toEqual(['a', 'b', 'c'])
    expect(queries).toEqual(['', '?cursor=c3', '', '?cursor=c2', '?cursor=c3'])
  })
})

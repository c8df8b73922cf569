import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { encodeCommit, encodeContent } from '../commit.ts'
import type { StoredVersion } from './verify-history.ts'
import { verifyHistory } from './verify-history.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Versions one after the other, every third with a second parent. */
function committed(count: number): StoredVersion[] {
  const versions: StoredVersion[] = []
  for (let index = 0; index < count; index++) {
    const parents = [versions[index - 1], index % 3 === 0 ? versions[index - 2] : undefined].filter(
      (one) => one !== undefined,
    )
    const content = { text: `Version ${index} of {{name}}` }
    const contentHash = sha256(encodeContent(content))
    const author = { name: 'Ada', email: 'ada@example.com' }
    const commit = { author, committedAt: new Date(1_700_000_000_000 + index * 1_000), message: `Change ${index}` }
    const commitHash = sha256(
      encodeCommit({ ...commit, contentHash, parents: parents.map((parent) => parent.commitHash) }),
    )
    versions.push({
      id: `v${index}`,
      content,
      contentHash,
      commitHash,
      parentIds: parents.map(({ id }) => id),
      ...commit,
    })
  }
  return versions
}

it('finds nothing in a history that is as it was committed', async () => {
  expect(await verifyHistory(committed(50), sha256)).toBeNull()
  expect(await verifyHistory([], sha256)).toBeNull()
})

const alterations: ((version: StoredVersion) => Partial<StoredVersion>)[] = [
  () => ({ content: { text: 'Something else' } }),
  ({ content }) => ({ content: { ...content, model: { id: 'another' } } }),
  ({ author }) => ({ author: { ...author, name: 'Eve' } }),
  ({ committedAt }) => ({ committedAt: new Date(committedAt.getTime() + 1_000) }),
  ({ message }) => ({ message: `${message}.` }),
  ({ parentIds }) => ({ parentIds: parentIds.length > 0 ? parentIds.slice(1) : ['v0'] }),
  () => ({ commitHash: '0'.repeat(64) }),
  () => ({ contentHash: '0'.repeat(64) }),
]

it('names the first version that was altered, whatever of it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 19 }), fc.constantFrom(...alterations), async (at, alter) => {
      const versions = committed(20)
      versions[at] = { ...versions[at]!, ...alter(versions[at]!) }
      expect((await verifyHistory(versions, sha256))?.id).toBe(`v${at}`)
    }),
  )
})

it('notices a content that was exchanged together with its hash, and a version that is gone', async () => {
  const versions = committed(10)
  const content = { text: 'Exchanged' }
  const exchanged = versions.with(4, { ...versions[4]!, content, contentHash: sha256(encodeContent(content)) })
  expect(await verifyHistory(exchanged, sha256)).toEqual({ id: 'v4', part: 'commit' })
  expect(await verifyHistory(versions.toSpliced(4, 1), sha256)).toEqual({ id: 'v5', part: 'parents' })
})

it('looks at versions as they come, and at none behind the altered one', async () => {
  const versions = committed(10)
  versions[4] = { ...versions[4]!, message: 'Something else' }
  const seen: string[] = []
  async function* read() {
    for (const version of versions) {
      seen.push(version.id)
      yield version
    }
  }
  expect(await verifyHistory(read(), sha256)).toEqual({ id: 'v4', part: 'commit' })
  expect(seen).toEqual(['v0', 'v1', 'v2', 'v3', 'v4'])
})

import { expect, it } from 'vitest'
import { ContentReader } from './content-reader.ts'

const order = Array.from({ length: 1_000 }, (_, id) => `v${id}`)

function open(ahead?: readonly string[]) {
  const loaded: string[][] = []
  const reader = new ContentReader(async (ids) => {
    loaded.push([...ids])
    return new Map(ids.map((id) => [id, { text: id }]))
  }, ahead)
  return { loaded, reader }
}

it('reads a history ahead, in pieces that grow and end', async () => {
  const { loaded, reader } = open(order)
  for (const id of order) expect(await reader.get(id)).toEqual({ text: id })
  expect(loaded.flat()).toEqual(order)
  expect(loaded.slice(0, 5).map(({ length }) => length)).toEqual([1, 2, 4, 8, 16])
  expect(Math.max(...loaded.map(({ length }) => length))).toBe(16)
})

it('keeps what was asked for last, and no more than a few', async () => {
  const { loaded, reader } = open()
  for (const id of order.slice(0, 100)) await reader.get(id)
  expect(loaded).toHaveLength(100)
  await reader.get('v60')
  expect(loaded).toHaveLength(100)
  await reader.get('v1')
  expect(loaded).toHaveLength(101)
})

import { expect, it } from 'vitest'
import { lateRoom, loadOnce } from './late-room.ts'
import { List } from './page.ts'

class Room {
  async double(n: number): Promise<number> {
    if (n < 0) throw new RangeError('negative')
    return 2 * n
  }

  upTo(n: number): List<number> {
    const all = Array.from({ length: n }, (_, index) => index)
    return new List(async (cursor = '0') => {
      const next = Number(cursor) + 1
      return { data: [all[Number(cursor)]!], nextCursor: next < n ? String(next) : null }
    })
  }
}

it('a late room is loaded by its first call, once, and does what the room does', async () => {
  let loads = 0
  const load = async () => {
    loads++
    return new Room()
  }
  const room = lateRoom(load, { double: 'call', upTo: 'list' })
  expect(loads).toBe(0)
  const list = room.upTo(3)
  expect(loads).toBe(0)
  const collect = async (all: number[] = []) => {
    for await (const item of list) all.push(item)
    return all
  }
  const [doubled, all] = await Promise.all([room.double(2), collect()])
  expect([doubled, all, loads]).toEqual([4, [0, 1, 2], 1])
  expect(await list.page('2')).toEqual({ data: [2], nextCursor: null })
  await expect(room.double(-1)).rejects.toThrow(RangeError)
  expect(loads).toBe(1)
})

it('what could not be loaded is loaded by the next call', async () => {
  let isOffline = true
  const load = loadOnce(async () => {
    if (isOffline) throw new TypeError('offline')
    return 'there'
  })
  await expect(load()).rejects.toThrow('offline')
  isOffline = false
  expect(await load()).toBe('there')
})

import { createHmac, timingSafeEqual } from 'node:crypto'
import { problem } from './problem.ts'

/** Where a page ended: the sort key of its last row. */
export type CursorPosition = readonly (string | number)[]

type Kind = 'string' | 'number'
type PositionOf<Kinds extends readonly Kind[]> = {
  [Index in keyof Kinds]: Kinds[Index] extends 'number' ? number : string
}

/** The cursor of one request for a list. */
export interface PageCursor {
  /**
   * Where the page before ended, undefined on the first page. `kinds` are the types of its parts; a cursor that was
   * forged, tampered with, or made for another list throws `http.bad_cursor`.
   */
  after<const Kinds extends readonly Kind[]>(...kinds: Kinds): PositionOf<Kinds> | undefined
  /** The opaque cursor of the page that follows this position. */
  next(position: CursorPosition): string
}

const signatureBytes = 16

/**
 * Cursors are signed, so that a filter or a sort key can't be smuggled in. `scope` names the list: organization,
 * endpoint and filters; a cursor of one scope is refused in every other.
 */
export function createPageCursor(secret: Uint8Array, scope: string, cursor: string | undefined): PageCursor {
  const sign = (payload: string) =>
    createHmac('sha256', secret)
      .update('cursor\0')
      .update(scope)
      .update('\0')
      .update(payload)
      .digest()
      .subarray(0, signatureBytes)
  return {
    after(...kinds) {
      if (cursor === undefined) return undefined
      const [payload = '', signature = '', ...rest] = cursor.split('.')
      const given = Buffer.from(signature, 'base64url')
      const isOurs = rest.length === 0 && given.length === signatureBytes && timingSafeEqual(given, sign(payload))
      const position: unknown = isOurs ? JSON.parse(Buffer.from(payload, 'base64url').toString()) : undefined
      if (!hasKinds(position, kinds)) throw badCursor()
      return position as PositionOf<typeof kinds>
    },
    next(position) {
      const payload = Buffer.from(JSON.stringify(position)).toString('base64url')
      return `${payload}.${sign(payload).toString('base64url')}`
    },
  }
}

/**
 * One page out of up to `limit + 1` rows in list order: the extra row only says that there is more. `position` is what
 * the store's keyset condition compares with.
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  {
    limit,
    cursor,
    item,
    position,
  }: {
    limit: number
    cursor: PageCursor
    item: (row: Row) => Item
    position: (row: Row) => CursorPosition
  },
): { data: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    data: shown.map(item),
    nextCursor: last !== undefined && rows.length > limit ? cursor.next(position(last)) : null,
  }
}

function hasKinds(position: unknown, kinds: readonly Kind[]): boolean {
  if (!Array.isArray(position) || position.length !== kinds.length) return false
  return position.every((part, index) => typeof part === kinds[index])
}

function badCursor() {
  return problem(
    'http.bad_cursor',
    'The cursor is not one that this list gave out, or its filters have changed. Take nextCursor as it came, or begin without a cursor.',
    { data: { errors: [{ in: 'query', pointer: '/cursor', message: 'must be the nextCursor of the page before' }] } },
  )
}

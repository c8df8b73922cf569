import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from './database.ts'
import { backends, openTestDatabase } from './testing/index.ts'

const uuid = '0192aaaa-0000-7000-8000-000000000001'

/** What Postgres says in SQL, and what JavaScript gets on every back end. */
const readings: [text: string, value: unknown][] = [
  ['null::int', null],
  ['true', true],
  ['1::int2', 1],
  ['2147483647::int4', 2_147_483_647],
  ['9007199254740991::int8', Number.MAX_SAFE_INTEGER],
  ['-9007199254740991::int8', Number.MIN_SAFE_INTEGER],
  ['array[1, 2]::int8[]', [1, 2]],
  ['1.5::float8', 1.5],
  ['1.5::float4', 1.5],
  ['0.1234567890123456789::numeric', '0.1234567890123456789'],
  [`'é'::text`, 'é'],
  [`'abc'::varchar(3)`, 'abc'],
  [`'${uuid}'::uuid`, uuid],
  [`array['${uuid}']::uuid[]`, [uuid]],
  [`array['a', 'b,"c', null]::text[]`, ['a', 'b,"c', null]],
  [`'{}'::text[]`, []],
  [`'{"a": [1, null, "x"]}'::json`, { a: [1, null, 'x'] }],
  [`'{"a": [1, null, "x"]}'::jsonb`, { a: [1, null, 'x'] }],
  [`'"text"'::json`, 'text'],
  [`'null'::json`, null],
  [`'\\x00ff10'::bytea`, Buffer.from([0, 255, 16])],
  [`'2026-01-02T03:04:05.678Z'::timestamptz`, new Date('2026-01-02T03:04:05.678Z')],
  [`'5'::xid8`, '5'],
  ['pg_typeof(1)::text', 'integer'],
]

describe.each(backends)('values on %s', (kind) => {
  let database: Database

  beforeAll(async () => {
    database = await openTestDatabase(kind)
  })
  afterAll(async () => {
    await database.close()
  })

  const read = async (query: ReturnType<typeof sql<{ value: unknown }>>) =>
    (await database.withOwner((db) => query.execute(db))).rows[0]!.value

  it.each(readings)('reads %s', async (text, value) => {
    const simple = await read(sql.raw(`select ${text} as value`))
    const extended = await read(sql`select ${sql.raw(text)} as value where ${true}`)
    expect(simple).toStrictEqual(value)
    expect(extended).toStrictEqual(value)
  })

  it('refuses an integer that a number cannot hold', async () => {
    await expect(read(sql.raw('select 9007199254740992::int8 as value'))).rejects.toMatchObject({
      code: 'database.unsafe_integer',
    })
    // The session is as good as before.
    expect(await read(sql.raw('select 1 as value'))).toBe(1)
  })

  it.each([
    ['text', 'with \'quotes", \\ and 🦆'],
    ['text[]', ['a', 'b,"c', '\\', '', 'NULL', '{}']],
    ['int8[]', [1, -5]],
    ['timestamptz', new Date('2026-01-02T03:04:05.678Z')],
    ['bytea', Buffer.from([0, 1, 255])],
    ['bytea[]', [Buffer.from([0, 1]), Buffer.from([])]],
    ['boolean', false],
    ['float8', 0.1],
    ['int8', -3],
    ['jsonb', { a: [1, { b: null }] }],
    ['json', { z: 1, a: 'é' }],
  ])('sends %s and gets the same back', async (type, value) => {
    expect(await read(sql`select ${value}::${sql.raw(type)} as value`)).toStrictEqual(value)
  })

  it('sends JSON as the text that it is given, in its order and with its spaces', async () => {
    const text = '{"z": 1,  "a": [2]}'
    expect(await read(sql`select (${text}::json)::text as value`)).toBe(text)
  })

  it('sends a view of a larger buffer as its own bytes only', async () => {
    const view = new Uint8Array([9, 1, 2, 9]).subarray(1, 3)
    expect(await read(sql`select ${view}::bytea as value`)).toStrictEqual(Buffer.from([1, 2]))
  })

  it('sends nothing as null', async () => {
    expect(await read(sql`select ${null}::text as value`)).toBeNull()
    expect(await read(sql`select ${undefined}::text as value`)).toBeNull()
  })

  it('gives any text and any list of texts back unchanged', async () => {
    const storable = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0') && text.isWellFormed())
    await fc.assert(
      fc.asyncProperty(storable, fc.array(storable), async (text, list) => {
        const row = await database.withOwner((db) =>
          sql<{ text: string; list: string[] }>`select ${text}::text as text, ${list}::text[] as list`.execute(db),
        )
        expect(row.rows).toStrictEqual([{ text, list }])
      }),
      { numRuns: 50 },
    )
  })
})

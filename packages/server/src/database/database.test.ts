import { createId, FairleadError } from '@fairlead/core/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from './database.ts'
import { openDatabase } from './database.ts'
import { isUniqueViolation } from './failure.ts'
import { committing } from './scope.ts'
import type { ScopedDb } from './tables.ts'
import { backends, openTestDatabase } from './testing/index.ts'

const newId = () => createId(Date.now, (bytes) => crypto.getRandomValues(bytes))

async function createOrganization(database: Database): Promise<string> {
  const id = newId()
  await database.withSystem((db) =>
    db
      .insertInto('organizations')
      .values({ id, slug: `o-${id}`, name: 'Acme' })
      .execute(),
  )
  return id
}

describe.each(backends)('a database on %s', (kind) => {
  let database: Database
  let organization: string

  beforeAll(async () => {
    database = await openTestDatabase(kind, { poolSize: 4, acquireTimeoutMs: 20_000 })
    organization = await createOrganization(database)
  })
  afterAll(async () => {
    await database.close()
  })

  const createPrompt = (db: ScopedDb, key: string) =>
    db.insertInto('prompts').values({ organization_id: organization, id: newId(), key, name: key }).execute()
  const promptKeys = async () =>
    (await database.withOrganization(organization, (db) => db.selectFrom('prompts').select('key').execute())).map(
      ({ key }) => key,
    )

  describe('a last statement that carries the commit with it', () => {
    it('is stored, with all that came before it, and nothing can follow', async () => {
      const late = await database.withOrganization(organization, async (db) => {
        await createPrompt(db, 'before-last')
        await committing(() => createPrompt(db, 'last'))
        return createPrompt(db, 'too-late').catch((error: FairleadError) => error.code)
      })
      expect(late).toBe('database.no_scope')
      expect(await promptKeys()).toEqual(expect.arrayContaining(['before-last', 'last']))
      expect(await promptKeys()).not.toContain('too-late')
    })

    it('takes everything back with it when it fails, and leaves the session usable', async () => {
      const twice = database.withOrganization(organization, async (db) => {
        await createPrompt(db, 'taken-back')
        await committing(() => createPrompt(db, 'taken-back'))
      })
      await expect(twice).rejects.toSatisfy(isUniqueViolation)
      expect(await promptKeys()).not.toContain('taken-back')
    })

    it('tells nobody anything when what follows it throws, although it is stored', async () => {
      const heard: string[] = []
      const stop = await database.listen('last_words', (payload) => heard.push(payload))
      const failed = database.withOrganization(organization, async (db) => {
        database.notify('last_words', 'never')
        await committing(() => createPrompt(db, 'stored-all-the-same'))
        throw new Error('Too late to undo.')
      })
      await expect(failed).rejects.toThrow('Too late to undo.')
      expect(await promptKeys()).toContain('stored-all-the-same')
      database.notify('last_words', 'end')
      await expect.poll(() => heard).toEqual(['end'])
      await stop()
    })

    it('is any statement outside of a scope, which is refused', async () => {
      let outside: ScopedDb | undefined
      await database.withOrganization(organization, async (db) => {
        outside = db
      })
      await expect(committing(() => createPrompt(outside!, 'outside'))).rejects.toMatchObject({
        code: 'database.no_scope',
      })
    })
  })

  it('is ready once it is migrated, and migrating again applies nothing', async () => {
    expect(await database.migrate()).toEqual({ applied: [] })
    expect(await database.ready()).toEqual({ ok: true, migration: '0005-analytics' })
  })

  it('keeps what a scope wrote when the work returns, and hands on what it returned', async () => {
    expect(await database.withOrganization(organization, (db) => createPrompt(db, 'kept').then(() => 7))).toBe(7)
    expect(await promptKeys()).toContain('kept')
  })

  it('rolls everything back when the work throws, and throws the same error', async () => {
    const failure = new Error('no')
    const work = database.withOrganization(organization, async (db) => {
      await createPrompt(db, 'rolled-back')
      throw failure
    })
    await expect(work).rejects.toBe(failure)
    expect(await promptKeys()).not.toContain('rolled-back')
  })

  it('throws when a failed statement was swallowed, because nothing was stored', async () => {
    const work = database.withOrganization(organization, async (db) => {
      await createPrompt(db, 'twice')
      await createPrompt(db, 'twice').catch(() => {})
    })
    await expect(work).rejects.toMatchObject({ code: 'database.transaction_aborted' })
    expect(await promptKeys()).not.toContain('twice')
  })

  it('lets a violated constraint through with its SQLSTATE', async () => {
    await database.withOrganization(organization, (db) => createPrompt(db, 'unique'))
    const error = await database.withOrganization(organization, (db) => createPrompt(db, 'unique')).catch((e) => e)
    expect(isUniqueViolation(error)).toBe(true)
    expect(isUniqueViolation(error, 'prompts_organization_id_key_key')).toBe(true)
    expect(isUniqueViolation(error, 'another')).toBe(false)
  })

  it('refuses a statement outside its scope', async () => {
    let leaked: ScopedDb | undefined
    await database.withOrganization(organization, async (db) => {
      leaked = db
    })
    await expect(leaked!.selectFrom('prompts').select('id').execute()).rejects.toMatchObject({
      code: 'database.no_scope',
    })
  })

  it('refuses a scope inside a scope, and allows one after it in code that the scope had started', async () => {
    await expect(
      database.withOrganization(organization, () => database.withSystem(async () => 1)),
    ).rejects.toMatchObject({ code: 'database.nested_checkout' })
    let ended = () => {}
    const scopeEnded = new Promise<void>((resolve) => (ended = resolve))
    let later: Promise<number> | undefined
    await database.withOrganization(organization, async () => {
      later = scopeEnded.then(() => database.withSystem(async () => 2))
    })
    ended()
    expect(await later).toBe(2)
  })

  it('runs statements that are started side by side one after the other', async () => {
    const keys = Array.from({ length: 8 }, (_, index) => `side-by-side-${index}`)
    await database.withOrganization(organization, (db) => Promise.all(keys.map((key) => createPrompt(db, key))))
    expect(await promptKeys()).toEqual(expect.arrayContaining(keys))
  })

  it('finishes statements that were not awaited before it commits', async () => {
    let unawaited: Promise<unknown> = Promise.resolve()
    await database.withOrganization(organization, async (db) => {
      unawaited = createPrompt(db, 'unawaited')
    })
    await unawaited
    expect(await promptKeys()).toContain('unawaited')
  })

  it('gives many scopes at once their own organization each', async () => {
    const organizations = await Promise.all(Array.from({ length: 5 }, () => createOrganization(database)))
    const seen = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const id = organizations[index % organizations.length]!
        const rows = await database.withOrganization(id, (db) => db.selectFrom('organizations').select('id').execute())
        return rows.every((row) => row.id === id) && rows.length === 1
      }),
    )
    expect(seen).toEqual(Array.from({ length: 100 }, () => true))
  })

  it.each(["'; DROP TABLE prompts; --", '', 'not-a-uuid', `${newId()} `])(
    'refuses %j as an organization before it reaches SQL',
    async (id) => {
      await expect(database.withOrganization(id, async () => 1)).rejects.toMatchObject({
        code: 'database.invalid_organization',
      })
    },
  )

  it('refuses text that Postgres cannot store with a code of its own', async () => {
    await expect(database.withOrganization(organization, (db) => createPrompt(db, 'a\0b'))).rejects.toMatchObject({
      code: 'database.unstorable_text',
    })
  })

  it('repeats a statement under a name without mixing up its parameters', async () => {
    const wanted = Array.from({ length: 10 }, (_, index) => `named-${index}`)
    const found: string[] = []
    for (const key of wanted) {
      await database.withOrganization(organization, (db) => createPrompt(db, key))
      const row = await database.withOrganization(organization, (db) =>
        db.selectFrom('prompts').select('key').where('key', '=', key).executeTakeFirstOrThrow(),
      )
      found.push(row.key)
    }
    expect(found).toEqual(wanted)
  })

  it('goes on using a statement whose first named execution failed', async () => {
    await database.withOrganization(organization, (db) => createPrompt(db, 'again'))
    for (let round = 0; round < 5; round++) {
      await expect(database.withOrganization(organization, (db) => createPrompt(db, 'again'))).rejects.toMatchObject({
        code: '23505',
      })
    }
  })

  it('counts the rows that a statement changed', async () => {
    await database.withOrganization(organization, (db) => createPrompt(db, 'counted'))
    const result = await database.withOrganization(organization, (db) =>
      db.updateTable('prompts').set({ name: 'x' }).where('key', '=', 'counted').executeTakeFirst(),
    )
    expect(result.numUpdatedRows).toBe(1n)
  })
})

describe('opening a database', () => {
  it('says what is missing when nothing says where the data is', async () => {
    await expect(openDatabase({})).rejects.toMatchObject({ code: 'database.no_location' })
  })

  it('is not ready, and says unavailable, while no server answers', async () => {
    const database = await openDatabase({ url: 'postgres://nobody@127.0.0.1:1/nothing' })
    expect(await database.ready()).toEqual({ ok: false, migration: null })
    const error = await database.withSystem(async () => 1).catch((e) => e)
    expect(error).toBeInstanceOf(FairleadError)
    expect(error.code).toBe('database.unavailable')
    await database.close()
  })
})

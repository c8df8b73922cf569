import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Announcer, resyncPayload } from './announcer.ts'
import type { Database } from './database.ts'
import { openDatabase } from './database.ts'
import { silentLogger } from './logger.ts'
import type { Messenger, MessengerHandlers, Notification } from './session.ts'
import { asAdmin, backends, createTestLocation, openTestDatabase, postgresTemplate } from './testing/index.ts'

/** What a listener has heard, to be awaited. */
function listener() {
  const heard: string[] = []
  let changed = () => {}
  return {
    heard,
    onPayload: (payload: string) => {
      heard.push(payload)
      changed()
    },
    async until(payload: string) {
      while (!heard.includes(payload)) await new Promise<void>((resolve) => (changed = resolve))
    },
  }
}

/** A back end of which only the messenger matters. */
function fakeMessenger() {
  const sent: string[][] = []
  const listening = new Set<string>()
  const state = { down: false, sentOnce: () => {} }
  let handlers: MessengerHandlers | undefined
  const openMessenger = (given: MessengerHandlers): Messenger => {
    handlers = given
    return {
      async publish(notifications: readonly Notification[]) {
        if (state.down) throw new Error('down')
        sent.push(notifications.map(({ channel, payload }) => `${channel}:${payload}`))
        for (const notification of notifications) given.onNotification(notification)
        state.sentOnce()
      },
      async subscribe(channel) {
        if (state.down) throw new Error('down')
        listening.add(channel)
      },
      async unsubscribe(channel) {
        listening.delete(channel)
      },
      async close() {},
    }
  }
  return { openMessenger, sent, listening, state, reconnect: () => handlers?.onReconnect() }
}

describe('an announcer', () => {
  it('sends what comes at once in one bundle, and equal notifications once', async () => {
    const messenger = fakeMessenger()
    const announcer = new Announcer(messenger, silentLogger)
    for (const payload of ['1', '2', '1', '1', '2']) announcer.notify('runs', payload)
    announcer.notify('keys', '1')
    await announcer.close()
    expect(messenger.sent).toEqual([['runs:1', 'runs:2', 'keys:1']])
  })

  it('sends later what could not be sent while the database was down', async () => {
    const messenger = fakeMessenger()
    messenger.state.down = true
    const announcer = new Announcer(messenger, silentLogger)
    announcer.notify('runs', '1')
    await setImmediate()
    messenger.state.down = false
    announcer.notify('runs', '2')
    const sent = new Promise<void>((resolve) => (messenger.state.sentOnce = resolve))
    await sent
    expect(messenger.sent.flat().toSorted()).toEqual(['runs:1', 'runs:2'])
    await announcer.close()
  })

  it('shrinks what waits to a resync for each channel when it becomes too much', async () => {
    const messenger = fakeMessenger()
    const announcer = new Announcer(messenger, silentLogger)
    for (let index = 0; index <= 10_000; index++) announcer.notify(index % 2 ? 'runs' : 'keys', String(index))
    await announcer.close()
    expect(messenger.sent).toEqual([[`keys:${resyncPayload}`, `runs:${resyncPayload}`]])
  })

  it('tells every listener to read again after the connection was lost', async () => {
    const messenger = fakeMessenger()
    const announcer = new Announcer(messenger, silentLogger)
    const [runs, keys] = [listener(), listener()]
    await announcer.listen('runs', runs.onPayload)
    await announcer.listen('keys', keys.onPayload)
    messenger.reconnect()
    expect([runs.heard, keys.heard]).toEqual([[resyncPayload], [resyncPayload]])
    await announcer.close()
  })

  it('goes on telling the others when a listener throws, and drops the channel with its last listener', async () => {
    const messenger = fakeMessenger()
    const errors: object[] = []
    const announcer = new Announcer(messenger, { ...silentLogger, error: (data) => errors.push(data) })
    const calm = listener()
    const stopFirst = await announcer.listen('runs', () => {
      throw new Error('listener')
    })
    const stopSecond = await announcer.listen('runs', calm.onPayload)
    announcer.notify('runs', '1')
    await calm.until('1')
    expect(errors).toHaveLength(1)
    await stopFirst()
    await stopFirst()
    expect([...messenger.listening]).toEqual(['runs'])
    await stopSecond()
    expect([...messenger.listening]).toEqual([])
    await announcer.close()
  })

  it('forgets a listener that could not be subscribed', async () => {
    const messenger = fakeMessenger()
    messenger.state.down = true
    const announcer = new Announcer(messenger, silentLogger)
    const heard = listener()
    await expect(announcer.listen('runs', heard.onPayload)).rejects.toThrow('down')
    messenger.state.down = false
    announcer.notify('runs', '1')
    await announcer.close()
    expect(heard.heard).toEqual([])
  })

  it('drops what comes after its end', async () => {
    const messenger = fakeMessenger()
    const announcer = new Announcer(messenger, silentLogger)
    announcer.notify('runs', '1')
    const closing = announcer.close()
    announcer.notify('runs', '2')
    await closing
    announcer.notify('runs', '3')
    expect(messenger.sent).toEqual([['runs:1']])
  })

  it.each(['Runs', 'runs; drop table runs', '', '"', 'a'.repeat(64)])('refuses %j as a channel', (channel) => {
    const announcer = new Announcer(fakeMessenger(), silentLogger)
    expect(() => announcer.notify(channel, '1')).toThrow(expect.objectContaining({ code: 'database.invalid_channel' }))
  })

  it('refuses a payload that Postgres would refuse', () => {
    const announcer = new Announcer(fakeMessenger(), silentLogger)
    expect(() => announcer.notify('runs', 'é'.repeat(4_000))).toThrow(
      expect.objectContaining({ code: 'database.payload_too_long' }),
    )
  })
})

describe.each(backends)('notifications on %s', (kind) => {
  let database: Database

  beforeAll(async () => {
    database = await openTestDatabase(kind)
  })
  afterAll(async () => {
    await database.close()
  })

  it('reach whoever listens on their channel, and nobody else', async () => {
    const [runs, keys] = [listener(), listener()]
    const stopRuns = await database.listen('runs', runs.onPayload)
    const stopKeys = await database.listen('keys', keys.onPayload)
    database.notify('runs', '1')
    database.notify('keys', 'end')
    await Promise.all([runs.until('1'), keys.until('end')])
    expect([runs.heard, keys.heard]).toEqual([['1'], ['end']])
    await stopRuns()
    database.notify('runs', '2')
    database.notify('keys', 'end again')
    await keys.until('end again')
    expect(runs.heard).toEqual(['1'])
    await stopKeys()
  })

  it('wait for the commit, and are dropped with a rollback', async () => {
    const runs = listener()
    const stop = await database.listen('runs', runs.onPayload)
    const failing = database.withSystem(async () => {
      database.notify('runs', 'rolled back')
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await database.withSystem(async () => {
      database.notify('runs', 'committed')
      await setImmediate()
      expect(runs.heard).toEqual([])
    })
    await runs.until('committed')
    expect(runs.heard).toEqual(['committed'])
    await stop()
  })

  it('can be answered with a scope, also while the scope that announced them is gone', async () => {
    const answered = new Promise<number>((resolve, reject) => {
      const stop = database.listen('runs', () => {
        database.withSystem(async () => 1).then(resolve, reject)
      })
      stop.then(() => database.withSystem(async () => database.notify('runs', '1'))).catch(reject)
    })
    expect(await answered).toBe(1)
  })
})

if (backends.includes('postgres')) {
  describe('a listener on Postgres whose connection is cut', () => {
    it('is told to read again, and hears what comes after', async () => {
      const database = await openTestDatabase('postgres')
      const runs = listener()
      await database.listen('runs', runs.onPayload)
      const name = await databaseName(database)
      const cut = await asAdmin(postgresTemplate().adminUrl, (admin) =>
        admin.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%' and datname = $1`,
          [name],
        ),
      )
      expect(cut.rowCount).toBe(1)
      await runs.until(resyncPayload)
      database.notify('runs', 'after')
      await runs.until('after')
      await database.close()
    })
  })
}

if (backends.includes('postgres')) {
  describe('closing a Postgres', () => {
    it('waits for the open scopes, tells what they announce, and leaves no connection behind', async () => {
      const location = await createTestLocation('postgres')
      const [database, other] = [await openDatabase(location.options), await openDatabase(location.options)]
      const runs = listener()
      await other.listen('runs', runs.onPayload)
      const [opened, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const scope = database.withSystem(async () => {
        opened.resolve()
        await release.promise
        database.notify('runs', 'last words')
      })
      await opened.promise
      const closing = database.close()
      release.resolve()
      await Promise.all([scope, closing])
      database.notify('runs', 'too late')
      await runs.until('last words')
      const name = await databaseName(other)
      await other.close()
      const sessions = async () => {
        const sql = 'select pid from pg_stat_activity where datname = $1'
        const { rowCount } = await asAdmin(postgresTemplate().adminUrl, (admin) => admin.query(sql, [name]))
        return rowCount
      }
      await expect.poll(sessions).toBe(0)
      await location.remove()
    })
  })
}

async function databaseName(database: Database): Promise<string> {
  const { rows } = await database.executeSql('select current_database() as name')
  return String(rows[0]!.name)
}

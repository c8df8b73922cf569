import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { FairleadError } from '@fairlead/core/base'
import type { ClientConfig } from 'pg'
import { Client } from 'pg'
import { asDatabaseFailure, sqlState } from './failure.ts'
import type { DatabaseLogger } from './logger.ts'
import type { Messenger, MessengerHandlers, Notification } from './session.ts'

const firstRetryMs = 100
const lastRetryMs = 5_000
const heartbeatMs = 15_000
const answerTimeoutMs = 5_000

interface Connection {
  client: Client
  /** Cuts the connection at once, also when the peer has vanished without a word. */
  cut(): void
}

/**
 * The one connection of this process that hears and sends notifications. It opens when it is first needed. While it is
 * down nothing is heard, so once it is back it calls `onReconnect`, and whoever listens reads again what it may have missed.
 *
 * closed → (subscribe or publish) → open → (lost) → retrying, ever more slowly → open
 */
export class PostgresListener implements Messenger {
  readonly #config: ClientConfig
  readonly #logger: DatabaseLogger
  readonly #channels = new Set<string>()
  readonly #closing = new AbortController()
  readonly #handlers: MessengerHandlers
  #connection: Promise<Connection> | undefined
  #tail: Promise<unknown> = Promise.resolve()

  constructor(config: ClientConfig, logger: DatabaseLogger, handlers: MessengerHandlers) {
    this.#config = { ...config, query_timeout: answerTimeoutMs }
    this.#logger = logger
    this.#handlers = handlers
  }

  async subscribe(channel: string): Promise<void> {
    this.#channels.add(channel)
    await this.#run(`LISTEN "${channel}"`)
  }

  async unsubscribe(channel: string): Promise<void> {
    this.#channels.delete(channel)
    if (this.#connection) await this.#run(`UNLISTEN "${channel}"`)
  }

  async publish(notifications: readonly Notification[]): Promise<void> {
    await this.#run('select pg_notify(channel, payload) from unnest($1::text[], $2::text[]) as n (channel, payload)', [
      notifications.map(({ channel }) => channel),
      notifications.map(({ payload }) => payload),
    ])
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const connection = await this.#connection?.catch(() => undefined)
    await connection?.client.end()
  }

  /** One statement at a time. */
  async #run(text: string, values?: string[][]): Promise<void> {
    const turn = this.#tail.then(() => this.#runNow(text, values))
    this.#tail = turn.catch(() => {})
    await turn
  }

  async #runNow(text: string, values: string[][] | undefined): Promise<void> {
    const { client, cut } = await this.#open()
    try {
      await client.query(text, values)
    } catch (error) {
      // Not the server's answer: the connection is gone or silent.
      if (sqlState(error) === undefined) cut()
      throw asDatabaseFailure(error)
    }
  }

  async #open(): Promise<Connection> {
    this.#connection ??= this.#connect()
    try {
      return await this.#connection
    } catch (error) {
      this.#connection = undefined
      throw asDatabaseFailure(error)
    }
  }

  async #connect(): Promise<Connection> {
    // It would keep the process alive, and nobody would close it.
    if (this.#closing.signal.aborted) {
      throw new FairleadError('database.closed', 'The database is closed: nothing can be heard or told.')
    }
    const socket = new Socket()
    const client = new Client({ ...this.#config, stream: () => socket })
    client.on('error', (error) => this.#logger.warn({ err: error }, 'The connection for notifications was lost'))
    client.on('notification', ({ channel, payload }) =>
      this.#handlers.onNotification({ channel, payload: payload ?? '' }),
    )
    await client.connect()
    // Nobody reads a notification after a crash: its transaction need not wait for the disk.
    await client.query('SET synchronous_commit TO off')
    for (const channel of this.#channels) await client.query(`LISTEN "${channel}"`)
    const heartbeat = setInterval(() => void this.#run('SELECT 1').catch(() => {}), heartbeatMs).unref()
    client.once('end', () => {
      clearInterval(heartbeat)
      this.#connection = undefined
      if (!this.#closing.signal.aborted) void this.#reconnect()
    })
    return { client, cut: () => socket.destroy() }
  }

  async #reconnect(): Promise<void> {
    const { signal } = this.#closing
    for (let waitMs = firstRetryMs; !signal.aborted; waitMs = Math.min(2 * waitMs, lastRetryMs)) {
      try {
        await this.#open()
        this.#logger.info({ channels: [...this.#channels] }, 'Notifications are heard again')
        return this.#handlers.onReconnect()
      } catch {
        await delay(waitMs, undefined, { signal }).catch(() => {})
      }
    }
  }
}

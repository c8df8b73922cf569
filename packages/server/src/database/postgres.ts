import type { Duplex } from 'node:stream'
import type { ClientConfig, PoolClient, QueryConfig, QueryResult } from 'pg'
import { Pool } from 'pg'
import { CheckoutQueue } from './checkout-queue.ts'
import { asDatabaseFailure } from './failure.ts'
import type { DatabaseLogger } from './logger.ts'
import { runAlone } from './postgres-alone.ts'
import { PostgresListener } from './postgres-listener.ts'
import type { Backend, Beginning, Login, Session, StatementResult } from './session.ts'
import { StatementNames } from './statement-names.ts'
import { TransactionSettings } from './transaction-settings.ts'
import { encodeParameter, parserOf } from './value-types.ts'

export interface PostgresOptions {
  /** The login that owns the tables. Without the other two it also takes on their roles, transaction by transaction. */
  url: string
  appUrl?: string | undefined
  systemUrl?: string | undefined
  poolSize: number
  acquireTimeoutMs: number
  statementTimeoutMs: number
  preparedStatements: boolean
  logger: DatabaseLogger
}

const connectTimeoutMs = 5_000

/** A Postgres server, one pool per login. Settings are only ever local to a transaction: a pooler may stand between. */
export function connectPostgres(options: PostgresOptions): Backend {
  const { url, appUrl, systemUrl, logger } = options
  const owner = new LoginPool(url, options)
  const pools: Record<Login, LoginPool> = {
    owner,
    app: appUrl ? new LoginPool(appUrl, options) : owner,
    system: systemUrl ? new LoginPool(systemUrl, options) : owner,
  }
  return {
    kind: 'postgres',
    checkout: (login) => pools[login].checkOut(),
    openMessenger: (handlers) => new PostgresListener(clientConfig(systemUrl ?? url), logger, handlers),
    close: async () => {
      await Promise.all([...new Set(Object.values(pools))].map((pool) => pool.close()))
    },
  }
}

function clientConfig(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: 'fairlead',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types: { getTypeParser: parserOf },
  }
}

class LoginPool {
  readonly #pool: Pool
  readonly #queue: CheckoutQueue
  readonly #names: StatementNames | undefined
  readonly #settings: TransactionSettings
  readonly #logger: DatabaseLogger

  constructor(url: string, options: PostgresOptions) {
    const { poolSize, acquireTimeoutMs, preparedStatements, logger } = options
    // A pipeline: a statement is sent although the one before it has not been answered.
    const config = { ...clientConfig(url), max: poolSize, idleTimeoutMillis: 30_000, pipeline: true }
    this.#pool = new Pool(config)
    this.#queue = new CheckoutQueue(poolSize, acquireTimeoutMs)
    this.#names = preparedStatements ? new StatementNames() : undefined
    this.#settings = new TransactionSettings(options)
    this.#logger = logger
    // Without a listener an idle connection that breaks would end the process.
    this.#pool.on('error', (error) => this.#logLoss(error))
  }

  async checkOut(): Promise<Session> {
    await this.#queue.enter()
    try {
      return this.#asSession(await this.#pool.connect())
    } catch (error) {
      this.#queue.leave()
      throw asDatabaseFailure(error)
    }
  }

  async close(): Promise<void> {
    await this.#queue.close()
    await this.#pool.end()
  }

  #asSession(client: PoolClient): Session {
    let lost = false
    // The pool listens only while a client is idle.
    const onError = (error: Error) => {
      lost = true
      this.#logLoss(error)
    }
    client.on('error', onError)
    return {
      begin: (beginning) => this.#run(client, this.#settings.beginning(beginning), []),
      run: (text, parameters) => this.#run(client, text, parameters),
      runAlone: (beginning, text, parameters) => this.#runAlone(client, beginning, text, parameters),
      release: (broken) => {
        client.off('error', onError)
        client.release(broken || lost)
        this.#queue.leave()
      },
    }
  }

  async #run(client: PoolClient, text: string, parameters: readonly unknown[]): Promise<StatementResult> {
    sendTogether(client)
    // Simple protocol: the only one that takes several statements at once.
    if (parameters.length === 0) return joinResults(await client.query(text))
    return client.query(this.#configOf(text, parameters))
  }

  async #runAlone(
    client: PoolClient,
    beginning: Beginning,
    text: string,
    parameters: readonly unknown[],
  ): Promise<StatementResult> {
    sendTogether(client)
    return runAlone(client, this.#settings.opening(beginning), this.#configOf(text, parameters))
  }

  #configOf(text: string, parameters: readonly unknown[]): QueryConfig {
    const name = this.#names?.nameOf(text)
    return { text, values: parameters.map(encodeParameter), ...(name !== undefined && { name }) }
  }

  #logLoss(error: Error): void {
    this.#logger.warn({ err: error }, 'A database connection was lost')
  }
}

/** What is sent in one turn of the event loop, such as a beginning and its first statement, leaves in one piece. */
function sendTogether(client: PoolClient): void {
  const { stream } = (client as PoolClient & { connection: { stream: Duplex } }).connection
  stream.cork()
  process.nextTick(() => stream.uncork())
}

function joinResults(result: QueryResult | QueryResult[]): StatementResult {
  if (!Array.isArray(result)) return result
  const { command, rowCount } = result.at(-1)!
  return { rows: result.flatMap(({ rows }) => rows), command, rowCount }
}

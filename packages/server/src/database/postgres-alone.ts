import type { Connection, PoolClient, QueryConfig, QueryResult } from 'pg'
import { Query } from 'pg'
import type { Opening } from './transaction-settings.ts'

/** What `pg` does for a query, as far as it is extended here; its types leave it out. */
interface QueryInside {
  prepare(connection: Connection): void
  handleDataRow(message: unknown): void
  handleCommandComplete(message: unknown, connection: Connection): void
}
const inside = Query.prototype as unknown as QueryInside

interface ConnectionInside {
  parsedStatements: Record<string, string>
  submittedNamedStatements: Record<string, string>
  parse(statement: { name: string; text: string }): void
  bind(portal: { statement: string; values: readonly string[] }): void
  execute(portal: object): void
}

/**
 * Runs a statement as a transaction of its own, opened by another statement right before it. Postgres takes all that
 * comes before one `Sync` for a transaction: it commits or rolls back by itself, and answers once instead of three times.
 * Where the opening fails, Postgres skips the statement.
 */
export async function runAlone(client: PoolClient, opening: Opening, config: QueryConfig): Promise<QueryResult> {
  // Should this fail, so does what is opened with it; and only that one's answer tells whether it was carried out.
  if (!isParsed(client, opening)) parse(client, opening).catch(() => {})
  try {
    return await new Promise<QueryResult>((resolve, reject) => {
      const callback = (error: Error | undefined, result: unknown) =>
        error ? reject(error) : resolve(result as QueryResult)
      client.query(new AloneQuery(opening, config, callback))
    })
  } catch (error) {
    // From here the trace leads to whoever runs the statement, not to the socket.
    Error.captureStackTrace(error as Error)
    throw error
  }
}

function isParsed(client: PoolClient, { name }: Opening): boolean {
  const { parsedStatements, submittedNamedStatements } = (client as unknown as { connection: ConnectionInside })
    .connection
  return name === '' || name in parsedStatements || name in submittedNamedStatements
}

/** What it sets is over with its own transaction; it stays parsed for the session. */
function parse(client: PoolClient, { name, text, values }: Opening): Promise<unknown> {
  return client.query({ name, text, values: [...values] })
}

class AloneQuery extends Query {
  readonly #opening: Opening
  #isOpen = false

  constructor(opening: Opening, config: QueryConfig, callback: (error: Error | undefined, result: unknown) => void) {
    // Also without parameters: the simple protocol would end the transaction that the opening has begun.
    super({ ...config, queryMode: 'extended' } as QueryConfig, callback)
    this.#opening = opening
  }

  prepare(connection: Connection): void {
    const { name, text, values } = this.#opening
    const writer = connection as unknown as ConnectionInside
    if (name === '') writer.parse({ name, text })
    writer.bind({ statement: name, values })
    writer.execute({})
    inside.prepare.call(this, connection)
  }

  handleDataRow(message: unknown): void {
    if (this.#isOpen) inside.handleDataRow.call(this, message)
  }

  handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.#isOpen) inside.handleCommandComplete.call(this, message, connection)
    this.#isOpen = true
  }
}

import { AsyncLocalStorage } from 'node:async_hooks'
import { FairleadError } from '@fairlead/core/base'
import type { CompiledQuery, ConnectionProvider, DatabaseConnection, QueryResult } from 'kysely'
import { asDatabaseFailure, endsSession } from './failure.ts'
import { bindQueries } from './query-builder.ts'
import type { Backend, Login, Session, StatementResult } from './session.ts'
import type { ScopedDb } from './tables.ts'

const current = new AsyncLocalStorage<Scope>()

/** The scope that this async context is in, while it is open. */
export function currentScope(): Scope | undefined {
  const scope = current.getStore()
  return scope?.isOpen ? scope : undefined
}

/** Runs `work` so that what it starts, timers for instance, does not count as part of the scope around it. */
export function outsideScope<T>(work: () => T): T {
  return current.exit(work)
}

/**
 * Runs `work` in one transaction on one session: begin with role and settings in one round trip, the work, commit. When
 * the work throws, or the transaction was aborted although the work did not, everything is rolled back and it throws.
 * What `work` gets is dead once it returns. A scope inside a scope throws `database.nested_checkout`: on a pool of one
 * it would wait for itself.
 */
export async function runScope<T>(
  backend: Backend,
  login: Login,
  settings: string,
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  if (currentScope()) {
    throw new FairleadError(
      'database.nested_checkout',
      'This code already holds a database scope: pass its query builder on instead of opening another scope.',
    )
  }
  const scope = new Scope(await backend.checkout(login))
  let result: T
  try {
    await scope.run(backend.beginning(login) + settings)
    result = await current.run(scope, () => work(scope))
    await scope.commit()
  } catch (error) {
    await scope.rollBack()
    throw error
  }
  scope.announceCommit()
  return result
}

/** An open transaction. Statements run one after the other, also when they are started side by side. */
export class Scope implements ConnectionProvider {
  readonly db: ScopedDb
  readonly #session: Session
  readonly #connection: DatabaseConnection
  readonly #afterCommit: (() => void)[] = []
  #tail: Promise<unknown> = Promise.resolve()
  #open = true
  #broken = false

  constructor(session: Session) {
    this.#session = session
    this.#connection = {
      executeQuery: async <R>(query: CompiledQuery): Promise<QueryResult<R>> =>
        asQueryResult<R>(await this.#execute(query.sql, query.parameters)),
      streamQuery: () => {
        throw new FairleadError(
          'database.no_streaming',
          'Page through the rows by their key instead of streaming them.',
        )
      },
    }
    this.db = bindQueries(this)
  }

  get isOpen(): boolean {
    return this.#open
  }

  async provideConnection<T>(consumer: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    return this.#inTurn(() => consumer(this.#connection))
  }

  async run(text: string, parameters: readonly unknown[] = []): Promise<StatementResult> {
    return this.#inTurn(() => this.#execute(text, parameters))
  }

  /** Calls back once the transaction is durable; never when it is rolled back. */
  onCommit(callback: () => void): void {
    this.#afterCommit.push(callback)
  }

  announceCommit(): void {
    for (const callback of this.#afterCommit) callback()
  }

  async commit(): Promise<void> {
    const { command } = await this.#end('COMMIT')
    if (command === 'ROLLBACK') {
      throw new FairleadError(
        'database.transaction_aborted',
        'A statement of this transaction failed and its error was swallowed: nothing was stored. Let the error out.',
      )
    }
    this.#session.release(false)
  }

  /** Undoes what was not committed and gives the session back; never throws. */
  async rollBack(): Promise<void> {
    if (this.#open) await this.#end('ROLLBACK').catch(() => (this.#broken = true))
    this.#session.release(this.#broken)
  }

  /** Statements that were started but not awaited are let finish first; later ones find the scope closed. */
  async #end(text: string): Promise<StatementResult> {
    const ending = this.#inTurn(() => {
      this.#open = false
      return this.#execute(text, [])
    })
    return ending
  }

  async #inTurn<T>(step: () => Promise<T>): Promise<T> {
    this.#refuseWhenClosed()
    const turn = this.#tail.then(() => {
      this.#refuseWhenClosed()
      return step()
    })
    this.#tail = turn.catch(() => {})
    return turn
  }

  async #execute(text: string, parameters: readonly unknown[]): Promise<StatementResult> {
    try {
      return await this.#session.run(text, parameters)
    } catch (error) {
      this.#broken ||= endsSession(error)
      throw asDatabaseFailure(error)
    }
  }

  #refuseWhenClosed(): void {
    if (this.#open) return
    throw new FairleadError(
      'database.no_scope',
      'A statement outside a scope: run it inside withOrganization or withSystem, and await it there.',
    )
  }
}

const writing = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

function asQueryResult<R>({ rows, command, rowCount }: StatementResult): QueryResult<R> {
  const result = { rows: rows as R[] }
  return writing.has(command) ? { ...result, numAffectedRows: BigInt(rowCount ?? 0) } : result
}

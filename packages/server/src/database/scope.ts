import { AsyncLocalStorage } from 'node:async_hooks'
import { FairleadError } from '@fairlead/core/base'
import type { CompiledQuery, ConnectionProvider, DatabaseConnection, QueryResult } from 'kysely'
import { asCommitFailure, asDatabaseFailure, endsSession } from './failure.ts'
import { bindQueries } from './query-builder.ts'
import type { Backend, Beginning, Session, StatementResult } from './session.ts'
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
 * The last statement of the scope around it: the commit goes right behind it, in the same round trip, and answers with
 * it; a scope's only statement is the whole transaction. When the statement fails, everything is rolled back; what is
 * thrown after it undoes nothing any more, so it must check for itself, as a statement that inserts from what it has
 * locked does.
 */
export function committing<T>(statement: () => Promise<T>): Promise<T> {
  const scope = currentScope()
  if (!scope) return statement()
  scope.commitWithNext()
  return statement()
}

/**
 * Runs `work` in one transaction on one session: begin with role and organization, sent together with the first
 * statement; the work; commit. When the work throws, or the transaction was aborted although the work did not, everything
 * is rolled back and it throws. What `work` gets is dead once it returns. A scope inside a scope throws
 * `database.nested_checkout`: on a pool of one it would wait for itself.
 */
export async function runScope<T>(
  backend: Backend,
  beginning: Beginning,
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  if (currentScope()) {
    throw new FairleadError(
      'database.nested_checkout',
      'This code already holds a database scope: pass its query builder on instead of opening another scope.',
    )
  }
  const scope = new Scope(await backend.checkout(beginning.login), beginning)
  let result: T
  try {
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
  readonly #beginning: Beginning
  readonly #connection: DatabaseConnection
  readonly #afterCommit: (() => void)[] = []
  #tail: Promise<unknown> = Promise.resolve()
  /** What became of the transaction's beginning, once there is one; the first statement does not wait for it. */
  #begun: Promise<{ error: unknown } | undefined> | undefined
  #commitsNext = false
  #committed = false
  #open = true
  #broken = false

  constructor(session: Session, beginning: Beginning) {
    this.#session = session
    this.#beginning = beginning
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

  /** The statement that comes next is the last one. */
  commitWithNext(): void {
    this.#commitsNext = true
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
    if (!this.#committed) {
      const ended = await this.#end('COMMIT')
      if (ended) assertCommitted(ended)
    }
    this.#session.release(false)
  }

  /** Undoes what was not committed and gives the session back; never throws. */
  async rollBack(): Promise<void> {
    if (this.#open) await this.#end('ROLLBACK').catch(() => (this.#broken = true))
    this.#session.release(this.#broken)
  }

  /**
   * Ends the transaction, if a statement has begun it. Statements that were started but not awaited are let finish first;
   * later ones find the scope closed.
   */
  async #end(text: string): Promise<StatementResult | undefined> {
    return this.#inTurn(async () => {
      this.#open = false
      return this.#begun && this.#execute(text, [])
    })
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
    const isLast = this.#commitsNext && this.#open
    if (isLast) this.#open = false
    try {
      if (isLast && !this.#begun) {
        const result = await this.#session.runAlone(this.#beginning, text, parameters)
        this.#committed = true
        return result
      }
      this.#begun ??= this.#begin()
      const answer = this.#session.run(text, parameters)
      const ending = isLast ? this.#session.run('COMMIT', []) : undefined
      const [result, ended] = await bothSettled(answer, ending)
      // A failed beginning fails what follows; only an ending does not tell.
      const failure = this.#open ? undefined : await this.#begun
      if (failure) throw failure.error
      if (ended) {
        assertCommitted(ended)
        this.#committed = true
      }
      return result
    } catch (error) {
      this.#broken ||= endsSession(error)
      const cause = (await this.#begun)?.error ?? error
      // Whatever failed first: once a commit is on its way to the server, it may arrive there.
      throw isLast || text === 'COMMIT' ? asCommitFailure(cause) : asDatabaseFailure(cause)
    }
  }

  /**
   * Should it fail, Postgres refuses everything behind it in the aborted transaction, and whoever runs a statement hears
   * of the cause.
   */
  #begin(): Promise<{ error: unknown } | undefined> {
    return this.#session.begin(this.#beginning).then(
      () => undefined,
      (error: unknown) => {
        this.#broken ||= endsSession(error)
        return { error }
      },
    )
  }

  #refuseWhenClosed(): void {
    if (this.#open) return
    throw new FairleadError(
      'database.no_scope',
      'A statement outside a scope: run it inside withOrganization or withSystem, and await it there.',
    )
  }
}

/** Both answers, or the first one's error before the second's; nothing is left under way. */
async function bothSettled<A, B>(first: Promise<A>, second: Promise<B> | undefined): Promise<[A, B | undefined]> {
  const [one, two] = await Promise.allSettled([first, second])
  if (one.status === 'rejected') throw one.reason
  if (two.status === 'rejected') throw two.reason
  return [one.value, two.value]
}

function assertCommitted({ command }: StatementResult): void {
  if (command !== 'ROLLBACK') return
  throw new FairleadError(
    'database.transaction_aborted',
    'A statement of this transaction failed and its error was swallowed: nothing was stored. Let the error out.',
  )
}

const writing = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

function asQueryResult<R>({ rows, command, rowCount }: StatementResult): QueryResult<R> {
  const result = { rows: rows as R[] }
  return writing.has(command) ? { ...result, numAffectedRows: BigInt(rowCount ?? 0) } : result
}

import type { PGlite } from '@electric-sql/pglite'
import { protocol } from '@electric-sql/pglite'
import { CheckoutQueue } from './checkout-queue.ts'
import type { Backend, Messenger, MessengerHandlers, Session, StatementResult } from './session.ts'
import { StatementNames } from './statement-names.ts'
import type { Opening } from './transaction-settings.ts'
import { TransactionSettings } from './transaction-settings.ts'
import { encodeParameter, parserOf } from './value-types.ts'

const { serialize, messages } = protocol

const settings = new TransactionSettings({ preparedStatements: true })

/**
 * The embedded Postgres: one session, so scopes take turns. It is driven by protocol messages, a whole statement in one
 * call: its own `query` enters the WebAssembly module six times and can't name statements.
 */
export function wrapPglite(
  pglite: PGlite,
  options: { acquireTimeoutMs: number; onClose?: () => Promise<void> },
): Backend {
  const queue = new CheckoutQueue(1, options.acquireTimeoutMs)
  const run = inOrder(statementRunner(pglite))
  const session: Session = {
    begin: (beginning) => run(settings.beginning(beginning), []),
    run: (text, parameters) => run(text, parameters),
    runAlone: (beginning, text, parameters) => run(text, parameters, settings.opening(beginning)),
    release: () => queue.leave(),
  }
  return {
    kind: 'pglite',
    async checkout() {
      await queue.enter()
      return session
    },
    openMessenger: inProcessMessenger,
    async close() {
      await queue.close()
      await pglite.close()
      await options.onClose?.()
    },
  }
}

/** Runs a statement; behind an opening, as a transaction of its own. */
type Run = (text: string, parameters: readonly unknown[], opening?: Opening) => Promise<StatementResult>

/** One call after the other, also when they are made at once. */
function inOrder(run: Run): Run {
  let tail: Promise<unknown> = Promise.resolve()
  return (...call) => {
    const turn = tail.then(() => run(...call))
    tail = turn.catch(() => {})
    return turn
  }
}

function statementRunner(pglite: PGlite): Run {
  const names = new StatementNames()
  const parsed = new Set<string>()
  return async (text, parameters, opening) => {
    if (parameters.length === 0 && !opening) return readResult(await send(pglite, [serialize.query(text)]))
    const statements = [
      ...(opening ? [opening] : []),
      { name: names.nameOf(text) ?? '', text, values: parameters.map(encodeParameter) },
    ]
    const answers = await send(pglite, [...statements.flatMap((each) => messagesFor(each, parsed)), serialize.sync()])
    // A statement that was parsed stays parsed, whether or not it could be executed.
    const unparsed = statements.filter(({ name }) => !parsed.has(name))
    const count = answers.filter((answer) => answer.name === 'parseComplete').length
    for (const { name } of unparsed.slice(0, count)) if (name !== '') parsed.add(name)
    const opened = opening ? answers.findIndex((answer) => answer.name === 'commandComplete') + 1 : 0
    return readResult(answers.slice(opened))
  }
}

function messagesFor(
  { name, text, values }: { name: string; text: string; values: readonly (string | Buffer | null)[] },
  parsed: ReadonlySet<string>,
): Uint8Array[] {
  return [
    ...(parsed.has(name) ? [] : [serialize.parse({ name, text })]),
    serialize.bind({ statement: name, values: [...values] }),
    serialize.describe({ type: 'P' }),
    serialize.execute({}),
  ]
}

type Answers = Awaited<ReturnType<PGlite['execProtocol']>>['messages']

async function send(pglite: PGlite, parts: readonly Uint8Array[]): Promise<Answers> {
  const answer = await pglite.execProtocol(Buffer.concat(parts), { syncToFs: false, throwOnError: false })
  return answer.messages
}

/** Throws the first error. */
function readResult(answers: Answers): StatementResult {
  const result: StatementResult = { rows: [], command: '', rowCount: null }
  let columns: { name: string; parse(text: string): unknown }[] = []
  for (const answer of answers) {
    if (answer instanceof messages.DatabaseError) {
      Error.captureStackTrace(answer)
      throw answer
    }
    if (answer instanceof messages.RowDescriptionMessage) {
      columns = answer.fields.map(({ name, dataTypeID }) => ({ name, parse: parserOf(dataTypeID) }))
    } else if (answer instanceof messages.DataRowMessage) {
      result.rows.push(readRow(columns, answer.fields))
    } else if (answer instanceof messages.CommandCompleteMessage) {
      const words = answer.text.split(' ')
      const count = Number(words.at(-1))
      result.command = words[0]!
      result.rowCount = Number.isNaN(count) ? null : count
    }
  }
  return result
}

function readRow(
  columns: readonly { name: string; parse(text: string): unknown }[],
  fields: readonly (string | null)[],
) {
  const row: Record<string, unknown> = {}
  columns.forEach(({ name, parse }, index) => {
    const text = fields[index] ?? null
    row[name] = text === null ? null : parse(text)
  })
  return row
}

/** Nobody else can reach this database, so telling every process is telling this one. */
function inProcessMessenger({ onNotification }: MessengerHandlers): Messenger {
  return {
    publish: async (notifications) => notifications.forEach(onNotification),
    subscribe: async () => {},
    unsubscribe: async () => {},
    close: async () => {},
  }
}

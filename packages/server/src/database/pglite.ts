import type { PGlite } from '@electric-sql/pglite'
import { protocol } from '@electric-sql/pglite'
import { CheckoutQueue } from './checkout-queue.ts'
import { roleOf } from './roles.ts'
import type { Backend, Login, Messenger, MessengerHandlers, Session, StatementResult } from './session.ts'
import { StatementNames } from './statement-names.ts'
import { encodeParameter, parserOf } from './value-types.ts'

const { serialize, messages } = protocol

const beginnings: Record<Login, string> = {
  owner: 'BEGIN',
  app: `BEGIN;SET LOCAL ROLE ${roleOf.app}`,
  system: `BEGIN;SET LOCAL ROLE ${roleOf.system}`,
}

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
  const session: Session = { run, release: () => queue.leave() }
  return {
    kind: 'pglite',
    beginning: (login) => beginnings[login],
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

/** One call after the other, also when they are made at once. */
function inOrder(run: Session['run']): Session['run'] {
  let tail: Promise<unknown> = Promise.resolve()
  return (text, parameters) => {
    const turn = tail.then(() => run(text, parameters))
    tail = turn.catch(() => {})
    return turn
  }
}

function statementRunner(pglite: PGlite): Session['run'] {
  const names = new StatementNames()
  const parsed = new Set<string>()
  return async (text, parameters) => {
    if (parameters.length === 0) return readResult(await send(pglite, [serialize.query(text)]))
    const name = names.nameOf(text) ?? ''
    const answers = await send(pglite, [
      ...(parsed.has(name) ? [] : [serialize.parse({ name, text })]),
      serialize.bind({ statement: name, values: parameters.map(encodeParameter) }),
      serialize.describe({ type: 'P' }),
      serialize.execute({}),
      serialize.sync(),
    ])
    // A statement that was parsed stays parsed, whether or not it could be executed.
    if (name !== '' && answers.some((answer) => answer.name === 'parseComplete')) parsed.add(name)
    return readResult(answers)
  }
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

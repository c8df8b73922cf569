import { describe, expect, it } from 'vitest'
import { isOutcomeUnknown } from './failure.ts'
import { committing, runScope } from './scope.ts'
import type { Backend, StatementResult } from './session.ts'

const lost = () => Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
const refused = (code: string) => Object.assign(new Error('The server says no.'), { code })

/** A back end whose statements fail as described, each by its first word. */
function backendWith(failures: Record<string, Error>): Backend {
  const run = async (text: string): Promise<StatementResult> => {
    const [command = ''] = text.split(' ')
    await Promise.resolve()
    if (failures[command]) throw failures[command]
    return { rows: [], command, rowCount: 0 }
  }
  return {
    kind: 'postgres',
    checkout: async () => ({
      begin: () => run('BEGIN'),
      run,
      runAlone: (_beginning, text) => run(text),
      release() {},
    }),
    openMessenger: () => {
      throw new Error('Nobody listens.')
    },
    close: async () => {},
  }
}

/** How the commit goes: after the last statement, along with it, or with the only one. */
type Commit = 'after' | 'along' | 'alone'

/** What a transaction that inserts something fails with. */
async function failureOf(failures: Record<string, Error>, commit: Commit): Promise<unknown> {
  return runScope(backendWith(failures), { login: 'app', organizationId: null }, async (scope) => {
    if (commit === 'along') await scope.run('select one').catch(() => {})
    const insert = () => scope.run('insert one')
    await (commit === 'after' ? insert() : committing(insert))
  }).catch((error: unknown) => error)
}

describe('whether a transaction was committed', () => {
  it.each([
    ['the commit', { COMMIT: lost() }, 'after'],
    ['the commit behind the last statement', { COMMIT: lost() }, 'along'],
    ['the last statement and its commit', { insert: lost(), COMMIT: lost() }, 'along'],
    ['all from the beginning on', { BEGIN: lost(), select: lost(), insert: lost(), COMMIT: lost() }, 'along'],
    ['the only statement', { insert: lost() }, 'alone'],
    ['the commit, by a server that shuts down', { COMMIT: refused('57P01') }, 'after'],
  ] as const)('is unknown when the connection was lost with %s', async (_what, failures, commit) => {
    const error = await failureOf(failures, commit)
    expect(error).toMatchObject({ code: 'database.unavailable' })
    expect(isOutcomeUnknown(error)).toBe(true)
  })

  it.each([
    ['a statement before the commit was sent', { insert: lost() }, 'after', 'database.unavailable'],
    ['the beginning before the commit was sent', { BEGIN: lost(), insert: lost() }, 'after', 'database.unavailable'],
    ['a statement that the server refused', { insert: refused('23505') }, 'along', '23505'],
    ['an only statement that the server refused', { insert: refused('23505') }, 'alone', '23505'],
    ['a commit that the server refused', { COMMIT: refused('23503') }, 'after', '23503'],
    [
      'a beginning that the server refused',
      { BEGIN: refused('42501'), select: refused('25P02'), insert: refused('25P02') },
      'along',
      '42501',
    ],
  ] as const)('is known, and it was not, after %s', async (_what, failures, commit, code) => {
    const error = await failureOf(failures, commit)
    expect(error).toMatchObject({ code })
    expect(isOutcomeUnknown(error)).toBe(false)
  })
})

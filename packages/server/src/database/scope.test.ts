import { describe, expect, it } from 'vitest'
import { isOutcomeUnknown } from './failure.ts'
import { committing, runScope } from './scope.ts'
import type { Backend, StatementResult } from './session.ts'

const lost = () => Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
const refused = (code: string) => Object.assign(new Error('The server says no.'), { code })

/** A back end whose statements fail as described, each by its first word. */
function backendWith(failures: Record<string, Error>): Backend {
  const done = (command: string): StatementResult => ({ rows: [], command, rowCount: 0 })
  return {
    kind: 'postgres',
    beginning: () => 'BEGIN',
    checkout: async () => ({
      async run(text) {
        const [word = ''] = text.split(' ')
        await Promise.resolve()
        if (failures[word]) throw failures[word]
        return done(word)
      },
      release() {},
    }),
    openMessenger: () => {
      throw new Error('Nobody listens.')
    },
    close: async () => {},
  }
}

/** What a transaction of one statement fails with; `isLast` sends the commit along with it. */
async function failureOf(failures: Record<string, Error>, isLast: boolean): Promise<unknown> {
  return runScope(backendWith(failures), 'app', '', (scope) =>
    isLast ? committing(() => scope.run('insert one')) : scope.run('insert one'),
  ).catch((error: unknown) => error)
}

describe('whether a transaction was committed', () => {
  it.each([
    ['the commit', { COMMIT: lost() }, false],
    ['the commit behind the last statement', { COMMIT: lost() }, true],
    ['the last statement and its commit', { insert: lost(), COMMIT: lost() }, true],
    ['all that was sent in one piece', { BEGIN: lost(), insert: lost(), COMMIT: lost() }, true],
    ['the commit, by a server that shuts down', { COMMIT: refused('57P01') }, false],
  ])('is unknown when the connection was lost with %s', async (_what, failures, isLast) => {
    const error = await failureOf(failures, isLast)
    expect(error).toMatchObject({ code: 'database.unavailable' })
    expect(isOutcomeUnknown(error)).toBe(true)
  })

  it.each([
    ['a statement before the commit was sent', { insert: lost() }, false, 'database.unavailable'],
    ['the beginning before the commit was sent', { BEGIN: lost(), insert: lost() }, false, 'database.unavailable'],
    ['a statement that the server refused', { insert: refused('23505') }, true, '23505'],
    ['a commit that the server refused', { COMMIT: refused('23503') }, false, '23503'],
    ['a beginning that the server refused', { BEGIN: refused('42501'), insert: refused('25P02') }, true, '42501'],
  ])('is known, and it was not, after %s', async (_what, failures, isLast, code) => {
    const error = await failureOf(failures, isLast)
    expect(error).toMatchObject({ code })
    expect(isOutcomeUnknown(error)).toBe(false)
  })
})

import { FairleadError } from '@fairlead/core/base'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../database/index.ts'
import { consumeOutbox, silentLogger } from '../database/index.ts'
import { createOrganization, openTestDatabase } from '../database/testing/index.ts'
import { EvidenceService } from './evidence-service.ts'
import { createRunEvidence } from './run-evidence.ts'

let database: Database

beforeAll(async () => {
  database = await openTestDatabase('pglite')
})
afterAll(() => database.close())

/** An outbox with three finished runs, whose second fails with what is set; a consumer of its own for each. */
async function threeRuns(name: string, error: Error) {
  const organization_id = await createOrganization(database)
  const rows = ['first', 'second', 'last'].map((key) => ({
    ...{ organization_id, topic: 'run.finished', key: `${name} ${key}` },
    payload: JSON.stringify({ runId: `${name} ${key}` }),
  }))
  await database.withOrganization(organization_id, (db) => db.insertInto('outbox').values(rows).execute())
  const asked: string[] = []
  const told: unknown[] = []
  const runs = {
    exists: async () => true,
    outcome: async (_db: unknown, runId: string) => {
      if (!runId.startsWith(name)) return undefined
      asked.push(runId.slice(name.length + 1))
      if (runId.endsWith('second')) throw error
      return undefined
    },
  }
  const logger = { ...silentLogger, error: (what: unknown) => told.push(what) }
  const { handle } = createRunEvidence({ database, runs, evidence: new EvidenceService(database), logger })
  return { asked, told, consume: () => consumeOutbox(database, name, handle) }
}

const refused = (code: string) => Object.assign(new Error('refused'), { code })

it.each([
  ['one that there can not be', new Error('such a run there can not be')],
  ['one with a number out of range', refused('22003')],
  ['one that breaks a constraint', refused('23503')],
  ['one with text that can not be stored', new FairleadError('database.unstorable_text', 'No.')],
])('passes over a row that it can make nothing of, and says so: %s', async (name, error) => {
  const { asked, told, consume } = await threeRuns(name, error)
  await consume()
  expect(asked).toEqual(['first', 'second', 'last'])
  expect(told).toMatchObject([{ key: `${name} second`, topic: 'run.finished' }])
  await consume()
  expect(asked).toHaveLength(3)
})

it.each([
  ['it is away', new FairleadError('database.unavailable', 'Away.')],
  ['it is closed', new FairleadError('database.closed', 'Closed.')],
  ['the connection was lost', refused('08006')],
  ['the socket was closed', refused('ECONNRESET')],
  ['it has no memory', refused('53200')],
  ['it shuts down', refused('57P01')],
  ['another transaction came first', refused('40001')],
  ['others wait for it', refused('40P01')],
])('keeps a row for later that the database can not take now: %s', async (name, error) => {
  const { asked, told, consume } = await threeRuns(name, error)
  await expect(consume()).rejects.toBe(error)
  await expect(consume()).rejects.toBe(error)
  expect(asked).toEqual(['first', 'second', 'first', 'second'])
  expect(told).toEqual([])
})

import { expect, it } from 'vitest'
import { consumeOutbox, silentLogger } from '../database/index.ts'
import { createOrganization, openTestDatabase } from '../database/testing/index.ts'
import { EvidenceService } from './evidence-service.ts'
import { createRunEvidence } from './run-evidence.ts'

it('passes over a row that it can make nothing of, and says so', async () => {
  const database = await openTestDatabase('pglite')
  try {
    const organization_id = await createOrganization(database)
    const rows = ['first', 'broken', 'last'].map((key) => ({
      ...{ organization_id, topic: 'run.finished', key },
      payload: JSON.stringify({ runId: key }),
    }))
    await database.withOrganization(organization_id, (db) => db.insertInto('outbox').values(rows).execute())
    const asked: string[] = []
    const told: unknown[] = []
    const runs = {
      exists: async () => true,
      outcome: async (_db: unknown, runId: string) => {
        asked.push(runId)
        if (runId === 'broken') throw new Error('such a run there can not be')
        return undefined
      },
    }
    const logger = { ...silentLogger, error: (what: unknown) => told.push(what) }
    const { handle } = createRunEvidence({ database, runs, evidence: new EvidenceService(database), logger })
    await consumeOutbox(database, 'experiment', handle)
    expect(asked).toEqual(['first', 'broken', 'last'])
    expect(told).toMatchObject([{ key: 'broken', topic: 'run.finished' }])
    await consumeOutbox(database, 'experiment', handle)
    expect(asked).toHaveLength(3)
  } finally {
    await database.close()
  }
})

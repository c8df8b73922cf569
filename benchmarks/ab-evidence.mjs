// Evidence of an A/B test as the control plane keeps it, made by the database itself: sending ten million observations
// would take minutes.

import { bucketOf } from '@fairlead/core/analytics'

export const metrics = [
  { name: 'success', model: 'proportion', role: 'primary' },
  { name: 'seconds', model: 'mean', lowerIsBetter: true },
  { name: 'cost', model: 'log_normal', lowerIsBetter: true },
  { name: 'latency', model: 'quantile', lowerIsBetter: true },
]
const observationsPerUnit = 10
/** How many different latencies there are. */
const latencies = 1_009

/** What the n-th observation of a metric is, in JavaScript and in SQL; the latter by its column n. */
const values = [
  { of: (n) => (n % 11 < 3 ? 1 : 0), sql: 'case when n % 11 < 3 then 1 else 0 end' },
  { of: (n) => (n % 997) / 100, sql: '(n % 997)::float8 / 100' },
  { of: (n) => (1 + (n % 499)) / 1_000, sql: '(1 + n % 499)::float8 / 1000' },
  { of: (n) => 100 + (n % latencies), sql: `(100 + n % ${latencies})::float8` },
]

export const observedValue = (metric, n) => values[metric].of(n)

/** Fills a test with so many observations, as if they had come one by one; four in ten units are counted twice a metric. */
export async function fillEvidence(client, { organizationId, testId, variantIds, observations }) {
  const ids = `'${organizationId}'::uuid, '${testId}'::uuid`
  const metric = `(array['${metrics.map(({ name }) => name).join("','")}'])[1 + n % ${metrics.length}]`
  const value = `(case n % ${metrics.length} ${values.map(({ sql }, index) => `when ${index} then ${sql}`).join(' ')} end)`
  const buckets = Array.from({ length: latencies }, (_, n) => bucketOf(observedValue(metrics.length - 1, n)))
  const bucket = `case n % ${metrics.length} when ${metrics.length - 1} then ('{${buckets}}'::int[])[1 + n % ${latencies}] end`
  const unit = `n / ${observationsPerUnit}`
  const variant = `(array['${variantIds.join("','")}']::uuid[])[1 + u % ${variantIds.length}]`
  await client.query('set synchronous_commit = off')
  await client.query(`
    insert into ab_observations (organization_id, test_id, observation_id, session_id, metric_name, value, bucket)
    select ${ids}, 'o' || n, 'u' || ${unit}, ${metric}, ${value}, ${bucket}
    from generate_series(0, ${observations - 1}) as n`)
  await client.query(`
    insert into ab_unit_statistics (organization_id, test_id, session_id, metric_name, epoch, variant_id, n, x, xx)
    select ${ids}, 'u' || u, metric, 1, ${variant}, n, x, xx
    from (
      select ${unit} as u, ${metric} as metric, count(*) as n, sum(${value}::numeric) as x, sum(${value}::numeric ^ 2) as xx
      from generate_series(0, ${observations - 1}) as n group by ${unit}, n % ${metrics.length}
    ) units`)
  await client.query(`
    insert into ab_arm_statistics (organization_id, test_id, metric_name, epoch, variant_id,
      units, n, x, nn, nx, xx, observed_xx, positive, log, loglog)
    select ${ids}, metric_name, 1, variant_id, count(*), sum(n), sum(x), sum(n * n), sum(n * x), sum(x * x), sum(xx),
      count(*) filter (where x > 0), coalesce(sum(log), 0), coalesce(sum(log * log), 0)
    from (
      select metric_name, variant_id, n, x, xx,
        case when x > 0 then ln((x / n)::float8)::text::numeric end as log
      from ab_unit_statistics where test_id = '${testId}'
    ) units
    group by metric_name, variant_id`)
  await client.query(`
    insert into ab_unit_counts (organization_id, test_id, epoch, variant_id, units)
    select ${ids}, 1, ${variant}, count(*)
    from generate_series(0, ${observations / observationsPerUnit - 1}) as u group by ${variant}`)
  const { rows } = await client.query(
    `select ${variant} as variant_id, value, count(*)::int as count
    from (select substr(session_id, 2)::int as u, value from ab_observations where test_id = $1 and metric_name = $2) o
    group by 1, 2`,
    [testId, metrics.at(-1).name],
  )
  await client.query(
    `insert into ab_arm_buckets (organization_id, test_id, metric_name, epoch, variant_id, bucket, count)
    select $1, $2, $3, 1, variant_id, bucket, sum(count)
    from unnest($4::uuid[], $5::int[], $6::int[]) as b(variant_id, bucket, count) group by variant_id, bucket`,
    [
      organizationId,
      testId,
      metrics.at(-1).name,
      rows.map(({ variant_id }) => variant_id),
      rows.map((row) => bucketOf(row.value)),
      rows.map(({ count }) => count),
    ],
  )
  await client.query('vacuum analyze ab_observations')
}

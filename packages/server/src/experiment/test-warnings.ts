import { Suggestions } from '@fairlead/core/base'
import type { AbTest, Metric } from '@fairlead/core/experiment'
import { callMetrics } from '@fairlead/core/experiment'
import type { ResolvedVariant } from './test-record.ts'
import type { TestRow } from './test-store.ts'

type Warnings = AbTest['warnings']

/** What runs say of themselves. */
const ofRuns = ['success', ...callMetrics]

/** What is possible and hardly meant. */
export function warningsOf(row: TestRow, variants: readonly ResolvedVariant[]): Warnings {
  const isOpen = row.status !== 'completed'
  return [
    ...(isOpen ? [...ofTraffic(row, variants), ...ofMetrics(row), ...ofNames(row), ...ofRefs(row, variants)] : []),
    ...ofVersions(variants),
  ]
}

function ofTraffic({ traffic_percentage }: TestRow, variants: readonly ResolvedVariant[]): Warnings {
  const weighted = variants.filter(({ row }) => row.traffic_weight > 0)
  return [
    ...(traffic_percentage > 0 ? [] : [{ pointer: '/trafficPercentage', message: 'is 0, so nobody takes part.' }]),
    ...(weighted.length > 1
      ? []
      : [
          {
            pointer: '/variants',
            message: `have no "trafficWeight" above 0 but "${weighted[0]?.row.name}", so nothing new is learned of the others.`,
          },
        ]),
  ]
}

function ofMetrics({ metrics }: TestRow): Warnings {
  return (metrics as Metric[]).flatMap(({ name, role, lowerIsBetter }, index) => {
    if (role === 'secondary' || lowerIsBetter || !callMetrics.has(name)) return []
    const message = `is false, so that a variant is better the more "${name}" it takes. Set it to true, unless that is meant.`
    return [{ pointer: `/metrics/${index}/lowerIsBetter`, message }]
  })
}

/** A misspelt name is a metric of its own, of which nothing is ever observed. */
function ofNames({ metrics, prompt_id }: TestRow): Warnings {
  if (prompt_id === null) return []
  const suggestions = new Suggestions()
  return (metrics as Metric[]).flatMap(({ name }, index) => {
    const near = ofRuns.includes(name) ? undefined : suggestions.nearest(name, ofRuns)
    if (near === undefined) return []
    const message = `is what only your application reports. What runs tell by themselves is "${near}": is that meant?`
    return [{ pointer: `/metrics/${index}/name`, message }]
  })
}

/** Refs become versions at the start, and a test without one of them does not start. */
function ofRefs({ status }: TestRow, variants: readonly ResolvedVariant[]): Warnings {
  if (status !== 'draft') return []
  return variants.flatMap(({ row, refIsMissing }, position) => {
    if (!refIsMissing) return []
    const [kind, name] = Object.entries(row.ref as object)[0]!
    const message = `names the ${kind} "${name}", which the prompt does not have. The test does not start before it has.`
    return [{ pointer: `/variants/${position}/ref`, message }]
  })
}

/** Variants that show the same may be meant so, to see that a test finds nothing where there is nothing. */
function ofVersions(variants: readonly ResolvedVariant[]): Warnings {
  const shown = ({ row, version }: ResolvedVariant) => `${version?.id} ${JSON.stringify(row.payload)}`
  return variants.flatMap((variant, position) => {
    if (variant.version === null) return []
    const same = variants.slice(0, position).find((other) => shown(other) === shown(variant))
    if (!same) return []
    const message = `shows the same version as "${same.row.name}", so no difference can be found between them. In an A/A test that is right; else end this one, and name another version.`
    return [{ pointer: `/variants/${position}/ref`, message }]
  })
}

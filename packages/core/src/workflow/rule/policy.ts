import { errorAt, inNode, shown, warningAt } from '../diagnostic.ts'
import type { WorkflowNode } from '../document-schema.ts'
import type { Subject } from './subject.ts'

/** Timers of every runtime count milliseconds in 31 bits; a longer one would end at once. */
const longestTimerMs = 2 ** 31 - 1

interface Bound {
  path: (string | number)[]
  value: number | undefined
  reason: string
  /** What the value must be, as the hint says it. */
  must: string
  holds(value: number): boolean
}

const wholeFrom1 = {
  must: 'a whole number from 1',
  holds: (value: number) => Number.isSafeInteger(value) && value >= 1,
}
const positive = (most: number, unit: string) => ({
  must: `more than 0 and at most ${most} ${unit}`,
  holds: (value: number) => value > 0 && value <= most,
})

/** What to do instead of setting a policy that a node of this type has no use for; the others call something that takes time. */
const withoutEffect: Partial<Record<WorkflowNode['type'], string>> = {
  condition: 'An expression is evaluated once and at once. Leave it out.',
  loop: 'Set it on the nodes inside that call something.',
  parallel: 'Set it on the nodes inside that call something.',
  human: 'A person is asked once. To bound the time for an answer set "dueInSeconds".',
}

/** Limits, times and retries: numbers that a run can keep to, on nodes that it can keep to them for. */
export function checkPolicies({ workflow, report }: Subject): void {
  for (const [position, node] of workflow.nodes.entries()) {
    for (const { path, value, reason, must, holds } of bounds(node)) {
      if (value === undefined || holds(value)) continue
      const place = inNode(node.id, position, 'data', ...path)
      report(errorAt(place, reason, `"${path.at(-1)}" is ${shown(value)}.`, `It must be ${must}.`))
    }
    const hint = withoutEffect[node.type]
    for (const key of hint === undefined ? [] : (['timeoutMs', 'retry'] as const)) {
      if (node.data[key] === undefined) continue
      const message = `"${key}" has no effect on a ${node.type} node.`
      report(warningAt(inNode(node.id, position, 'data', key), 'policy_without_effect', message, hint!))
    }
  }
}

function bounds({ type, data }: WorkflowNode): Bound[] {
  const { retry, timeoutMs } = data
  const found: Bound[] = []
  if (timeoutMs !== undefined) {
    found.push({ path: ['timeoutMs'], value: timeoutMs, reason: 'invalid_timeout', ...positive(longestTimerMs, 'ms') })
  }
  if (retry !== undefined) {
    found.push(
      { path: ['retry', 'maxAttempts'], value: retry.maxAttempts, reason: 'invalid_retry', ...wholeFrom1 },
      {
        path: ['retry', 'initialIntervalMs'],
        value: retry.initialIntervalMs,
        reason: 'invalid_retry',
        must: `from 0 to ${longestTimerMs} ms`,
        holds: (value) => value >= 0 && value <= longestTimerMs,
      },
      {
        path: ['retry', 'backoffFactor'],
        value: retry.backoffFactor,
        reason: 'invalid_retry',
        must: 'more than 0: 1 waits equally long each time, 2 twice as long each time',
        holds: (value) => value > 0,
      },
    )
  }
  if (type === 'loop') {
    const value = data.config.maxIterations
    found.push({ path: ['config', 'maxIterations'], value, reason: 'invalid_max_iterations', ...wholeFrom1 })
  }
  if (type === 'parallel') {
    const value = data.config.concurrency
    found.push({ path: ['config', 'concurrency'], value, reason: 'invalid_concurrency', ...wholeFrom1 })
  }
  if (type === 'human') {
    const value = data.config.dueInSeconds
    found.push({ path: ['config', 'dueInSeconds'], value, reason: 'invalid_due', ...positive(1e10, 'seconds') })
  }
  return found
}

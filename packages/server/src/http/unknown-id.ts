import type { HttpProblem } from './problem.ts'
import { problem } from './problem.ts'

type Params = Readonly<Record<string, string>>

/** How the rooms answer an id that they do not find, by the segment of the path in front of it. */
const unknown: Readonly<Record<string, (id: string, params: Params) => HttpProblem>> = {
  workflows: (id) => problem('workflow.not_found', `There is no workflow "${id}".`),
  runs: (id) => problem('run.not_found', `There is no run "${id}".`),
  prompts: (id) => problem('prompt.not_found', `There is no prompt "${id}".`),
  versions: (version, { id }) => problem('prompt.version_not_found', `The prompt "${id}" has no version "${version}".`),
  branches: (name, { id }) => problem('prompt.ref_not_found', `The prompt "${id}" has no branch "${name}".`),
  labels: (name, { id }) => problem('prompt.ref_not_found', `The prompt "${id}" has no label "${name}".`),
  tags: (name, { id }) => problem('prompt.ref_not_found', `The prompt "${id}" has no tag "${name}".`),
  'merge-requests': (id) => problem('prompt.merge_request_not_found', `The prompt has no merge request "${id}".`),
  'prompt-protection-rules': (id) => problem('prompt.rule_not_found', `There is no protection rule "${id}".`),
  keys: (id) => problem('tenant.not_found', `There is no API key "${id}".`),
  members: (id) => problem('tenant.not_found', `There is no member "${id}".`),
  invitations: (id) => problem('tenant.not_found', `There is no invitation "${id}".`),
  'ab-tests': (id) => problem('experiment.not_found', `There is no A/B test "${id}".`),
  'ab-test-holdouts': (id) => problem('experiment.holdout_not_found', `There is no holdout "${id}".`),
  prices: (id) => problem('analytics.price_not_found', `The organization has no price "${id}" of its own.`),
}

const shownLetters = 100

/** What can't be an id is an unknown id of its kind: the same 404, so that a mistyped id does not look like a wrong URL. */
export function unknownId(path: string, params: Params, parameter: string): HttpProblem {
  const segments = path.split('/')
  const kind = segments[segments.indexOf(`:${parameter}`) - 1] ?? ''
  const id = params[parameter] ?? ''
  const shown = id.length > shownLetters ? `${id.slice(0, shownLetters)}…` : id
  return unknown[kind]?.(shown, params) ?? problem('http.not_found', `There is nothing at ${path}.`)
}

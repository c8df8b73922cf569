import { promptPairs, repeated, revised, shuffled, unrelated } from './texts.mjs'

/** What is compared, by what it is called in the report. */
export const rowsByName = {
  'prompts of 25–90 lines, 500 revisions': () => promptPairs(500),
  '5,000 lines, 1 % changed': () => [revised(5_000, 0.01)],
  '50,000 lines, 0.1 % changed': () => [revised(50_000, 0.001)],
  '5,000 unrelated lines': () => [unrelated(5_000)],
  '50,000 unrelated lines': () => [unrelated(50_000)],
  '20,000 lines shuffled': () => [shuffled(20_000)],
  '20,000 random lines of 50': () => [repeated(20_000, 50)],
}

// Three-way merges from three strings, against the libraries that do the same.
import { mergeText } from '@fairlead/core/prompt'
import diff3 from 'diff3'
import { diff3Merge } from 'node-diff3'
import { compare, report } from './measure.mjs'
import { promptMerges, revisedTwice } from './texts.mjs'

const lines = (text) => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** The merged text with its conflicts between markers. */
function merged(parts) {
  return parts
    .map(({ ok, conflict }) =>
      ok ? ok.join('') : `<<<<<<< ours\n${conflict.a.join('')}=======\n${conflict.b.join('')}>>>>>>> theirs\n`,
    )
    .join('')
}

const libraries = {
  diff3: (base, ours, theirs) => merged(diff3(lines(ours), lines(base), lines(theirs))),
  'node-diff3': (base, ours, theirs) => merged(diff3Merge(lines(ours), lines(base), lines(theirs))),
}
const rows = [
  { name: 'prompts of 25–90 lines, 500 merges', cases: promptMerges(500), goal: 1 },
  { name: '5,000 lines, 1 % changed on each side', cases: [revisedTwice(5_000, 0.01)], goal: 1.1 },
  { name: '50,000 lines, 0.1 % changed on each side', cases: [revisedTwice(50_000, 0.001)] },
]

for (const { name, cases, goal } of rows) {
  for (const [contender, merge] of Object.entries(libraries)) {
    // One takes seconds where the other takes milliseconds; it is shown once, and has no goal.
    const isSlow = contender === 'node-diff3' && cases.length === 1
    if (isSlow && name.startsWith('50,000')) continue
    const run = (work) => () => {
      let length = 0
      for (const [base, ours, theirs] of cases) length += work(base, ours, theirs).length
      return length
    }
    const result = await compare(
      run((...texts) => mergeText(...texts).text),
      run(merge),
      isSlow ? { rounds: 3, warmup: 1 } : { rounds: 41, warmup: 15 },
    )
    report(`merge of ${name}`, result, { goal: contender === 'diff3' ? goal : undefined, contender })
  }
}

// A simple condition, evaluated: ours with its guards (own members only, a budget, JSON in and out) against other
// implementations of CEL used plainly. The bound of 150 ns is for a machine of its own; the ratios hold on any.
import { celEnv, parse as parseBufbuild, plan } from '@bufbuild/cel'
import { compileExpression } from '@fairlead/core/expression'
import { parse as parseMarcbachmann } from '@marcbachmann/cel-js'
import { compare, report, reportBound } from './measure.mjs'

const loops = 200_000
const text = { type: 'string' }
const triage = {
  type: 'object',
  properties: { sentiment: text, score: { type: 'number' }, tags: { type: 'array', items: text } },
}

const positive = { sentiment: 'positive', score: 0.9, tags: ['billing', 'refund'] }
const negative = { sentiment: 'negative', score: 0.2, tags: ['praise'] }
const values = [{ output: positive }, { output: negative }]

/** Each is true for the first of the values and false for the second. */
const conditions = {
  'a simple condition': "output.sentiment == 'positive'",
  'two comparisons': "output.sentiment == 'positive' && output.score > 0.5",
  'a list of two': "output.tags.exists(tag, tag == 'refund')",
}

function timesOf(evaluate) {
  return () => {
    let hits = 0
    for (let index = 0; index < loops; index++) if (evaluate(values[index & 1]) === true) hits++
    if (hits !== loops / 2) throw new Error('the condition is not evaluated right')
  }
}

const environment = celEnv()
for (const [name, source] of Object.entries(conditions)) {
  const ours = compileExpression(source, { output: triage })
  if (ours.diagnostics.length > 0) throw new Error(ours.diagnostics[0].message)
  const contenders = {
    '@marcbachmann/cel-js': parseMarcbachmann(source),
    '@bufbuild/cel': plan(environment, parseBufbuild(source)),
  }
  for (const [contender, evaluate] of Object.entries(contenders)) {
    const result = await compare(
      timesOf((bindings) => ours.evaluate(bindings)),
      timesOf(evaluate),
    )
    if (contender === '@marcbachmann/cel-js' && name === 'a simple condition') {
      reportBound(name, (result.oursMs * 1e6) / loops, { bound: 150, unit: 'ns' })
    }
    report(`${name}, ${loops.toLocaleString('en')} times`, result, {
      goal: contender === '@bufbuild/cel' ? 0.5 : 1.5,
      contender,
    })
  }
}

// Validating 1,000 nodes, compiling against building and compiling the same graph by hand, and a simple condition.
import { compileExpression } from '@fairlead/core/expression'
import { compileWorkflow } from '@fairlead/core/langgraph'
import { validateWorkflow } from '@fairlead/core/workflow'
import { Annotation, END, START, StateGraph } from '@langchain/langgraph'
import { compare, median, report, reportBound, time } from './measure.mjs'
import { chain, thousand, tools } from './workflows.mjs'

const large = thousand()
if (large.nodes.length !== 1000) throw new Error(`expected 1,000 nodes, got ${large.nodes.length}`)
const found = validateWorkflow(large)
if (found.length > 0) throw new Error(`the benchmark's workflow is not valid: ${JSON.stringify(found[0])}`)
const times = []
for (let round = 0; round < 25; round++) times.push(await time(() => validateWorkflow(large)))
reportBound('validation of 1,000 nodes', median(times), { bound: 50, unit: 'ms' })

for (const length of [10, 100]) {
  const workflow = chain(length)
  const State = () => Annotation.Root({ n: Annotation() })
  const byHand = () => {
    const graph = new StateGraph(State())
    for (let index = 0; index < length; index++) graph.addNode(`s${index}`, ({ n }) => ({ n: tools.add({ n }) }))
    graph.addEdge(START, 's0')
    for (let index = 1; index < length; index++) graph.addEdge(`s${index - 1}`, `s${index}`)
    return graph.addEdge(`s${length - 1}`, END).compile()
  }
  report(
    `compile a chain of ${length}, validation included`,
    await compare(() => compileWorkflow(workflow, { tools }), byHand, { rounds: 51, warmup: 20 }),
    {
      goal: 2,
      contender: 'building and compiling it by hand',
    },
  )
}

const condition = compileExpression("output.sentiment == 'positive'", {
  output: { type: 'object', properties: { sentiment: { type: 'string' } } },
})
const values = [{ output: { sentiment: 'positive' } }, { output: { sentiment: 'negative' } }]
let hits = 0
const loops = 1_000_000
const evaluate = () => {
  for (let index = 0; index < loops; index++) if (condition.evaluate(values[index & 1])) hits++
}
const rounds = []
for (let round = 0; round < 7; round++) rounds.push((await time(evaluate)) * (1e6 / loops))
if (hits !== (loops / 2) * 7) throw new Error('the condition is not evaluated right')
reportBound('a simple condition', median(rounds), { bound: 150, unit: 'ns' })

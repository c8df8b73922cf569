// Compiling, validation included, against building and compiling the same graph by hand. Both warm: a server compiles
// with every run it takes up, and the first time of either is loading and optimizing code more than compiling.
import { compileWorkflow } from '@fairlead/core/langgraph'
import { Annotation, END, START, StateGraph } from '@langchain/langgraph'
import { compare, report } from './measure.mjs'
import { chain, tools } from './workflows.mjs'

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
  const times = (work) => () => {
    for (let count = 0; count < 1_000 / length; count++) work()
  }
  report(
    `compile a chain of ${length} (${1_000 / length} times), validation included`,
    await compare(
      times(() => compileWorkflow(workflow, { tools })),
      times(byHand),
      { rounds: 101, warmup: 100 },
    ),
    { goal: 2, contender: 'building and compiling it by hand' },
  )
  report(
    `  the same, validated before`,
    await compare(
      times(() => compileWorkflow(workflow, { tools, validated: true })),
      times(byHand),
      { rounds: 101, warmup: 100 },
    ),
    { contender: 'building and compiling it by hand' },
  )
}

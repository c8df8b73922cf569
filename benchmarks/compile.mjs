// Compiling, validation included, against building and compiling the same graph by hand.
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
  report(
    `compile a chain of ${length}, validation included`,
    await compare(() => compileWorkflow(workflow, { tools }), byHand, { rounds: 51, warmup: 20 }),
    {
      goal: 2,
      contender: 'building and compiling it by hand',
    },
  )
}

// Compiling, validation included, against building and compiling the same graph by hand. Both warm: a server compiles
// with every run it takes up, and the first time of either is loading and optimizing code more than compiling. What a
// workflow needs beyond LangGraph's graph is made once and kept for as long as the workflow stays as it is.
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
  const count = 1_000 / length
  const times = (work) => () => {
    for (let index = 0; index < count; index++) work(index)
  }
  const rounds = { rounds: 101, warmup: 100 }
  const contender = 'building and compiling it by hand'
  report(
    `compile a chain of ${length} (${count} times), validation included`,
    await compare(
      times(() => compileWorkflow(workflow, { tools })),
      times(byHand),
      rounds,
    ),
    { goal: 2, contender },
  )
  let unseen = []
  report(
    `  each seen for the first time, validation included`,
    await compare(
      times((index) => compileWorkflow(unseen[index], { tools })),
      times(byHand),
      { ...rounds, before: () => (unseen = Array.from({ length: count }, () => chain(length))) },
    ),
    { goal: 2, contender },
  )
  report(
    `  each seen for the first time, validated before`,
    await compare(
      times((index) => compileWorkflow(unseen[index], { tools, validated: true })),
      times(byHand),
      { ...rounds, before: () => (unseen = Array.from({ length: count }, () => chain(length))) },
    ),
    { goal: 2, contender },
  )
}

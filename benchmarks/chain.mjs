// A chain of 100 steps, no checkpointer: the compiled graph against the same chain written by hand with a zod state.
import { compileWorkflow } from '@fairlead/core/langgraph'
import { END, START, StateGraph } from '@langchain/langgraph'
import * as z from 'zod'
import { compare, report } from './measure.mjs'
import { chain, tools } from './workflows.mjs'

const length = 100
const State = z.object({ n: z.number() })

function handWritten() {
  const graph = new StateGraph(State)
  for (let index = 0; index < length; index++) graph.addNode(`s${index}`, ({ n }) => ({ n: tools.add({ n }) }))
  graph.addEdge(START, 's0')
  for (let index = 1; index < length; index++) graph.addEdge(`s${index - 1}`, `s${index}`)
  return graph.addEdge(`s${length - 1}`, END).compile()
}

const byHand = handWritten()
const config = { recursionLimit: length + 1 }
const bare = compileWorkflow(chain(length), { tools })

const policed = chain(length)
for (const node of policed.nodes) {
  node.data.timeoutMs = 10_000
  node.data.retry = { maxAttempts: 3, initialIntervalMs: 100, backoffFactor: 2 }
}
const observed = compileWorkflow(policed, { tools })
let seen = 0
const context = { configurable: { fairlead: { runId: 'benchmark', emit: () => seen++ } } }

const check = async (result, expected) => {
  if ((await result).n !== expected) throw new Error('the contenders do not compute the same')
}
await check(byHand.invoke({ n: 0 }, config), length)
await check(bare.invoke({}), length)
await check(observed.invoke({}, context), length)
if (seen < 2 * length) throw new Error('events were not on')

const contender = 'hand-written LangGraph, zod state'
// Fifteen rounds say little: a step costs a tenth of a millisecond, and the garbage of a hundred comes in bursts.
const steady = { rounds: 101, warmup: 30 }
const theirs = () => byHand.invoke({ n: 0 }, config)
report('chain of 100, bare', await compare(() => bare.invoke({}), theirs, steady), { goal: 0.75, contender })
report(
  'chain of 100, events, timeouts and retries on',
  await compare(() => observed.invoke({}, context), theirs, steady),
  {
    goal: 0.9,
    contender,
  },
)

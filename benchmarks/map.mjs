// A map over 1,000 items with one tool node and events per item, against plain Send doing the same work.
import { compileWorkflow } from '@fairlead/core/langgraph'
import { Annotation, END, Send, START, StateGraph } from '@langchain/langgraph'
import { compare, median, report, reportBound, time } from './measure.mjs'
import { map, tools } from './workflows.mjs'

const items = (count) => Array.from({ length: count }, (_, index) => index)

const State = Annotation.Root({
  items: Annotation(),
  all: Annotation({ reducer: (left, right) => left.concat(right), default: () => [] }),
})
const sends = new StateGraph(State)
  .addNode('fork', () => ({}))
  .addNode('one', async ({ item, index }) => {
    const n = tools.add({ n: item })
    return { all: [{ index, n }] }
  })
  .addNode('join', ({ all }) => ({ all: [], items: all.sort((a, b) => a.index - b.index).map(({ n }) => n) }))
  .addEdge(START, 'fork')
  .addConditionalEdges('fork', (state) => state.items.map((item, index) => new Send('one', { item, index })), ['one'])
  .addEdge('one', 'join')
  .addEdge('join', END)
  .compile()

const graph = compileWorkflow(map(), { tools })
let ourEvents = 0
const context = () => ({ configurable: { fairlead: { runId: 'benchmark', emit: () => ourEvents++ } } })
const ours = (count) => () => graph.invoke({ items: items(count) }, context())
const theirs = (count) => () => sends.invoke({ items: items(count) })

const [mine, plain] = [await ours(1000)(), await theirs(1000)()]
if (JSON.stringify(mine.all) !== JSON.stringify(plain.items)) throw new Error('the contenders do not compute the same')
if (ourEvents < 2000) throw new Error('events were not on')

report('map over 1,000 items', await compare(ours(1000), theirs(1000), { rounds: 9, warmup: 1 }), {
  goal: 0.1,
  contender: 'plain Send',
})
const growth = []
for (let round = 0; round < 9; round++) growth.push((await time(ours(5000))) / (await time(ours(1000))))
reportBound('5,000 items against 1,000', median(growth), { bound: 7, unit: '×' })

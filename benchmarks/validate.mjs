// Validating a workflow of 1,000 nodes of all kinds against building and compiling the same graph by hand in LangGraph,
// whose compile() checks that edges end somewhere and nodes are reached. Ours finds that and everything else.
import { parseWorkflow, validateWorkflow } from '@fairlead/core/workflow'
import { Annotation, END, START, StateGraph } from '@langchain/langgraph'
import { compare, report, reportBound } from './measure.mjs'
import { thousand } from './workflows.mjs'

const workflow = thousand()
const catalog = {
  prompts: [],
  models: [],
  tools: [
    { id: 'add', inputSchema: parameters({ n: { type: 'integer' } }), outputSchema: { type: 'integer' } },
    { id: 'say', inputSchema: parameters({ text: { type: 'string' } }), outputSchema: { type: 'string' } },
  ],
}
const document = JSON.parse(JSON.stringify(workflow))

function parameters(properties) {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}

/** The same nodes and edges, bodies leading back to their containers: what a person would write, as short as it can be. */
function byHand() {
  const graph = new StateGraph(Annotation.Root({ n: Annotation(), text: Annotation(), list: Annotation() }))
  const step = () => ({})
  const next = new Map()
  for (const { id } of workflow.nodes) graph.addNode(id, step)
  for (const { source, target } of workflow.edges) next.set(source, [...(next.get(source) ?? []), target])
  const container = new Map(
    workflow.nodes.flatMap(({ id, data }) => (data.config.bodyNodes ?? []).map((inner) => [inner, id])),
  )
  graph.addEdge(START, workflow.nodes[0].id)
  for (const { id, type } of workflow.nodes) {
    const targets = next.get(id) ?? [container.get(id) ?? END]
    if (type === 'condition' || type === 'loop' || targets.length > 1)
      graph.addConditionalEdges(id, () => targets[0], targets)
    else graph.addEdge(id, targets[0])
  }
  return graph.compile()
}

function check(found) {
  if (found.length > 0) throw new Error(`the benchmark's workflow is not valid: ${JSON.stringify(found[0])}`)
}

if (workflow.nodes.length !== 1000) throw new Error(`expected 1,000 nodes, got ${workflow.nodes.length}`)
const contender = 'building and compiling the graph by hand'
const options = { rounds: 25, warmup: 5 }
const plain = await compare(() => check(validateWorkflow(document)), byHand, options)
reportBound('validation of 1,000 nodes', plain.oursMs, { bound: 50, unit: 'ms' })
report('validation of 1,000 nodes', plain, { contender })
const checked = await compare(() => check(validateWorkflow(document, catalog)), byHand, options)
reportBound('validation of 1,000 nodes against a catalogue', checked.oursMs, { bound: 50, unit: 'ms' })
report('validation of 1,000 nodes against a catalogue', checked, { contender })
const parsed = await compare(() => parseWorkflow(document), byHand, options)
report('reading 1,000 nodes', parsed, { contender })

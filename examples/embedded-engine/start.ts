import { compileWorkflow } from '@fairlead/core/langgraph'
import { parseWorkflow } from '@fairlead/core/workflow'
import { model } from './model.ts'
import document from './workflow.json' with { type: 'json' }

const parsed = parseWorkflow(document)
if (!parsed.ok) {
  throw new Error(parsed.diagnostics.map(({ path, message, hint }) => `${path}: ${message} ${hint}`).join('\n'))
}
const graph = compileWorkflow(parsed.workflow, {
  models: { default: model },
  tools: { 'order.find': async ({ orderId }) => ({ orderId, status: 'shipped', carrier: 'DHL' }) },
  prompts: { 'answer-customer': 'Answer "{{question}}" from these facts: {{order}}' },
})
const outputs = await graph.invoke({ orderId: 'A-17', question: 'Where is my parcel?' })
console.log(outputs)

import type { Catalog, Workflow, WorkflowNode } from './document-schema.ts'

const position = { x: 0, y: 0 }

function node<Type extends WorkflowNode['type']>(
  id: string,
  type: Type,
  config: Extract<WorkflowNode, { type: Type }>['data']['config'],
  policies: Partial<Pick<WorkflowNode['data'], 'onError' | 'retry' | 'timeoutMs'>> = {},
): WorkflowNode {
  return { id, type, position, data: { label: id, config, ...policies } } as WorkflowNode
}

const draft = {
  type: 'object',
  required: ['text', 'score'],
  properties: { text: { type: 'string' }, score: { type: 'number' } },
}
const order = {
  type: 'object',
  properties: {
    urgent: { type: 'boolean' },
    lines: {
      type: 'array',
      items: { type: 'object', properties: { sku: { type: 'string' }, count: { type: 'integer' } } },
    },
  },
}

/**
 * A valid workflow of all six node types: an order is read, each of its lines is looked up, prices and the address are
 * found side by side, an answer is polished in a loop, and a person decides before it is sent.
 */
export function orderDesk(): Workflow {
  return structuredClone<Workflow>({
    formatVersion: 1,
    name: 'Order desk',
    inputs: {
      mail: { type: 'object', required: ['body'], properties: { from: { type: 'string' }, body: { type: 'string' } } },
    },
    variables: {
      order: { schema: order },
      stock: { schema: { type: 'integer' } },
      found: { schema: { type: 'array' } },
      price: { schema: { type: 'number' } },
      address: { schema: { type: 'string' } },
      draft: { schema: draft, default: { text: '', score: 0 } },
      notes: { schema: { type: 'array', items: { type: 'string' } }, reducer: 'append' },
      approval: { schema: { type: 'object', properties: { choice: { type: 'string' } } } },
      receipt: { schema: { type: 'string' } },
    },
    outputs: { reply: 'draft.text', found: 'found', notes: 'notes' },
    nodes: [
      node('read', 'prompt', {
        promptId: 'read-order',
        modelId: 'default',
        inputMapping: { mail: 'mail.body' },
        outputVariable: 'order',
        outputSchema: order,
      }),
      node('each', 'parallel', {
        mode: 'map',
        items: 'order.lines',
        itemVariable: 'line',
        result: "{'sku': line.sku, 'stock': stock, 'at': index}",
        outputVariable: 'found',
        bodyNodes: ['look', 'jot'],
        concurrency: 4,
      }),
      node('look', 'tool', { toolId: 'stock.count', inputMapping: { sku: 'line.sku' }, outputVariable: 'stock' }),
      node('jot', 'tool', {
        toolId: 'text.join',
        inputMapping: { parts: "[line.sku, 'seen']" },
        outputVariable: 'notes',
      }),
      node('both', 'parallel', { mode: 'branches', bodyNodes: ['pricing', 'locate', 'tidy'] }),
      node('pricing', 'tool', { toolId: 'price', inputMapping: { items: 'found' }, outputVariable: 'price' }),
      node('locate', 'tool', {
        toolId: 'text.join',
        inputMapping: { parts: '[mail.from]' },
        outputVariable: 'address',
      }),
      node('tidy', 'tool', {
        toolId: 'text.join',
        inputMapping: { parts: '[address, output]' },
        outputVariable: 'address',
      }),
      node('polish', 'loop', {
        maxIterations: 3,
        condition: 'draft.score < 0.9 && loop.index < 3',
        bodyNodes: ['write'],
      }),
      node('write', 'prompt', {
        promptId: 'reply',
        modelId: 'default',
        inputMapping: { to: 'address', price: 'price', before: 'draft.text' },
        outputVariable: 'draft',
        outputSchema: draft,
        ref: { label: 'production' },
      }),
      node('check', 'condition', {
        expression: 'order.urgent || price > 100',
        trueTarget: 'approve',
        falseTarget: 'send',
      }),
      node('approve', 'human', {
        message: 'Send this to {{mail.from}}?\n\n{{draft.text}}',
        choices: [
          { id: 'yes', label: 'Yes' },
          { id: 'no', label: 'No' },
        ],
        outputVariable: 'approval',
        dueInSeconds: 3600,
        onDue: { choice: 'no' },
      }),
      node('granted', 'condition', { expression: "approval.choice == 'yes'", trueTarget: 'send', falseTarget: 'end' }),
      node(
        'send',
        'tool',
        { toolId: 'mail.send', inputMapping: { to: 'address', text: 'draft.text' }, outputVariable: 'receipt' },
        { onError: 'route', retry: { maxAttempts: 3, initialIntervalMs: 100, backoffFactor: 2 }, timeoutMs: 5000 },
      ),
      node('report', 'tool', {
        toolId: 'text.join',
        inputMapping: { parts: "['failed', error.message]" },
        outputVariable: 'receipt',
      }),
    ],
    edges: [
      { id: 'e0', source: 'read', target: 'each' },
      { id: 'e1', source: 'each', sourceHandle: 'body', target: 'look' },
      { id: 'e2', source: 'look', target: 'jot' },
      { id: 'e3', source: 'each', sourceHandle: 'done', target: 'both' },
      { id: 'e4', source: 'both', sourceHandle: 'body', target: 'pricing' },
      { id: 'e5', source: 'both', sourceHandle: 'body', target: 'locate' },
      { id: 'e6', source: 'locate', target: 'tidy' },
      { id: 'e7', source: 'both', sourceHandle: 'done', target: 'polish' },
      { id: 'e8', source: 'polish', sourceHandle: 'body', target: 'write' },
      { id: 'e9', source: 'polish', sourceHandle: 'done', target: 'check' },
      { id: 'e10', source: 'check', sourceHandle: 'true', target: 'approve' },
      { id: 'e11', source: 'check', sourceHandle: 'false', target: 'send' },
      { id: 'e12', source: 'approve', target: 'granted' },
      { id: 'e13', source: 'granted', sourceHandle: 'true', target: 'send' },
      { id: 'e14', source: 'send', sourceHandle: 'error', target: 'report' },
    ],
  })
}

/** The catalogue that `orderDesk` is valid against. */
export const orderDeskCatalog: Catalog = {
  prompts: [
    { id: 'p1', key: 'read-order', variables: { mail: { type: 'string' } } },
    {
      id: 'p2',
      key: 'reply',
      variables: {
        to: { type: 'string' },
        price: { type: 'number' },
        before: true,
        tone: { type: 'string', default: 'warm' },
      },
    },
  ],
  models: [{ id: 'default' }],
  tools: [
    {
      id: 'stock.count',
      inputSchema: { type: 'object', properties: { sku: { type: 'string' } }, required: ['sku'] },
      outputSchema: { type: 'integer' },
    },
    {
      id: 'text.join',
      inputSchema: {
        type: 'object',
        properties: { parts: { type: 'array', items: { type: 'string' } }, between: { type: 'string' } },
        required: ['parts'],
      },
      outputSchema: { type: 'string' },
    },
    { id: 'price', inputSchema: { type: 'object' }, outputSchema: { type: 'number' } },
    {
      id: 'mail.send',
      inputSchema: {
        type: 'object',
        properties: { to: { type: 'string' }, text: { type: 'string' } },
        required: ['to', 'text'],
        additionalProperties: false,
      },
      outputSchema: { type: 'string' },
    },
  ],
}

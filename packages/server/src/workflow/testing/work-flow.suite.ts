import type { Workflow, WorkflowNode } from '@fairlead/core/workflow'

const position = { x: 0, y: 0 }

function work(id: string, n: string, outputVariable: string): WorkflowNode {
  const config = { toolId: 'work', inputMapping: { n }, outputVariable }
  return { id, type: 'tool', position, data: { label: id, config } }
}

/** A step, a chunked map, two approvals side by side, and a step: something to be interrupted in at every kind of place. */
export function longWork({ approvals }: { approvals: boolean }): Workflow {
  const ask = (id: string): WorkflowNode => ({
    id,
    type: 'human',
    position,
    data: {
      label: id,
      config: { message: 'Go on?', choices: [{ id: 'yes', label: 'Yes' }], outputVariable: `${id}Answer` },
    },
  })
  const between: WorkflowNode[] = approvals
    ? [
        {
          id: 'both',
          type: 'parallel',
          position,
          data: { label: 'both', config: { mode: 'branches', bodyNodes: ['left', 'right'] } },
        },
        ask('left'),
        ask('right'),
      ]
    : []
  const afterItems = approvals ? 'both' : 'last'
  return {
    formatVersion: 1,
    name: 'Long work',
    inputs: { numbers: { type: 'array', items: { type: 'number' } } },
    variables: {
      begun: { schema: { type: 'number' } },
      doubled: { schema: { type: 'number' } },
      all: { schema: { type: 'array', items: { type: 'number' } } },
      leftAnswer: { schema: { type: 'object' } },
      rightAnswer: { schema: { type: 'object' } },
      ended: { schema: { type: 'number' } },
    },
    outputs: { all: 'all', ended: 'ended' },
    nodes: [
      work('first', '1', 'begun'),
      {
        id: 'items',
        type: 'parallel',
        position,
        data: {
          label: 'items',
          config: {
            mode: 'map',
            items: 'numbers',
            itemVariable: 'number',
            result: 'doubled',
            outputVariable: 'all',
            bodyNodes: ['double'],
            concurrency: 8,
          },
        },
      },
      work('double', 'number', 'doubled'),
      ...between,
      work('last', 'begun', 'ended'),
    ],
    edges: [
      { id: 'e1', source: 'first', target: 'items' },
      { id: 'e2', source: 'items', sourceHandle: 'body', target: 'double' },
      { id: 'e3', source: 'items', sourceHandle: 'done', target: afterItems },
      ...(approvals
        ? [
            { id: 'e4', source: 'both', sourceHandle: 'body', target: 'left' },
            { id: 'e5', source: 'both', sourceHandle: 'body', target: 'right' },
            { id: 'e6', source: 'both', sourceHandle: 'done', target: 'last' },
          ]
        : []),
    ],
  }
}

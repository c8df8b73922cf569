import type { LoopNode, ParallelNode, Workflow, WorkflowNode } from '../document-schema.ts'
import { handleOf } from '../flow.ts'

// Nodes of a few words, for edits whose meaning is in how nodes hang together.

export const tool = (id: string): WorkflowNode => ({
  id,
  type: 'tool',
  position: { x: 0, y: 0 },
  data: { label: id, config: { toolId: 't', inputMapping: {}, outputVariable: 'v' } },
})
export const condition = (id: string): WorkflowNode => ({
  id,
  type: 'condition',
  position: { x: 0, y: 0 },
  data: { label: id, config: { expression: 'flag' } },
})
export const branches = (id: string, bodyNodes: string[]): ParallelNode => ({
  id,
  type: 'parallel',
  position: { x: 0, y: 0 },
  data: { label: id, config: { mode: 'branches', bodyNodes } },
})
export const loop = (id: string, bodyNodes: string[]): LoopNode => ({
  id,
  type: 'loop',
  position: { x: 0, y: 0 },
  data: { label: id, config: { maxIterations: 3, condition: 'loop.index < 2', bodyNodes } },
})

export function workflowOf(
  nodes: WorkflowNode[],
  ...edges: [source: string, target: string, handle?: string][]
): Workflow {
  return {
    formatVersion: 1,
    name: 'Test',
    inputs: { flag: { type: 'boolean' } },
    variables: { v: { schema: true } },
    outputs: {},
    nodes,
    edges: edges.map(([source, target, handle], index) => ({
      id: `e${index}`,
      source,
      ...(handle !== undefined && { sourceHandle: handle }),
      target,
    })),
  }
}

export const drawn = (workflow: Workflow) =>
  workflow.edges.map((edge) => `${edge.source}.${handleOf(edge)}>${edge.target}`)
export const configOf = (workflow: Workflow, id: string) => workflow.nodes.find((node) => node.id === id)!.data.config

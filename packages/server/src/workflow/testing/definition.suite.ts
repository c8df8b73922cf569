import type { Workflow, WorkflowNode } from '@fairlead/core/workflow'

const position = { x: 0, y: 0 }
type Policies = Partial<Pick<WorkflowNode['data'], 'onError' | 'retry' | 'timeoutMs'>>
type Config<Type extends WorkflowNode['type']> = Extract<WorkflowNode, { type: Type }>['data']['config']

export function node<Type extends WorkflowNode['type']>(
  id: string,
  type: Type,
  config: Config<Type>,
  policies: Policies = {},
): WorkflowNode {
  return { id, type, position, data: { label: id, config, ...policies } } as WorkflowNode
}

export function tool(id: string, toolId: string, policies: Policies = {}): WorkflowNode {
  return node(id, 'tool', { toolId, inputMapping: {}, outputVariable: id }, policies)
}

export function ask(id: string, config: Partial<Config<'human'>> = {}, policies: Policies = {}): WorkflowNode {
  const choices = [
    { id: 'yes', label: 'Yes' },
    { id: 'no', label: 'No' },
  ]
  return node(id, 'human', { message: `${id}?`, choices, outputVariable: id, ...config }, policies)
}

/** A workflow whose every tool and human node writes a variable of its own name. */
export function workflow(
  nodes: WorkflowNode[],
  edges: [source: string, target: string, handle?: string][],
  outputs: Record<string, string> = {},
): Workflow {
  const writers = nodes.filter(({ data }) => 'outputVariable' in data.config)
  return {
    formatVersion: 1,
    name: 'Test',
    inputs: {},
    variables: Object.fromEntries(writers.map(({ id }) => [id, { schema: {}, default: null }])),
    outputs,
    nodes,
    edges: edges.map(([source, target, sourceHandle], index) => ({
      id: `e${index}`,
      source,
      target,
      ...(sourceHandle === undefined ? {} : { sourceHandle }),
    })),
  }
}

/** Nodes side by side, each a branch of one. */
export function sideBySide(
  id: string,
  ...branches: WorkflowNode[]
): { nodes: WorkflowNode[]; edges: [string, string, string][] } {
  const bodyNodes = branches.map((branch) => branch.id)
  return {
    nodes: [node(id, 'parallel', { mode: 'branches', bodyNodes }), ...branches],
    edges: bodyNodes.map((target) => [id, target, 'body']),
  }
}

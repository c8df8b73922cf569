import {
  BranchesNodeConfig,
  ConditionNodeConfig,
  HumanChoice,
  HumanNodeConfig,
  LoopNodeConfig,
  MapNodeConfig,
  PromptNodeConfig,
  RetryPolicy,
  ToolNode,
  ToolNodeConfig,
  Workflow,
  WorkflowEdge,
  WorkflowVariable,
} from './document-schema.ts'

const configs: Record<string, { shape: object }> = {
  prompt: PromptNodeConfig,
  condition: ConditionNodeConfig,
  loop: LoopNodeConfig,
  human: HumanNodeConfig,
  tool: ToolNodeConfig,
}

/** The keys that an object of the document may have, given the path to it; empty where that is not fixed. */
export function keysAt(document: unknown, path: readonly (string | number)[]): string[] {
  const shape = shapeAt(document, path)
  return shape === null ? [] : Object.keys(shape)
}

function shapeAt(document: unknown, path: readonly (string | number)[]): object | null {
  const [root, index, ...inside] = path
  if (root === undefined) return Workflow.shape
  if (root === 'edges') return inside.length === 0 ? WorkflowEdge.shape : null
  if (root === 'variables') return inside.length === 0 ? WorkflowVariable.shape : null
  if (root !== 'nodes' || index === undefined) return null
  switch (inside.map((segment) => (typeof segment === 'number' ? '#' : segment)).join('.')) {
    case '':
      return ToolNode.shape
    case 'position':
      return ToolNode.shape.position.shape
    case 'data':
      return ToolNode.shape.data.shape
    case 'data.retry':
      return RetryPolicy.shape
    case 'data.config':
      return configShape(document, index)
    case 'data.config.choices.#':
      return HumanChoice.shape
    default:
      return null
  }
}

function configShape(document: unknown, index: string | number): object | null {
  const node = (
    document as { nodes: Record<string | number, { type?: unknown; data?: { config?: { mode?: unknown } } }> }
  ).nodes[index]
  if (node?.type === 'parallel')
    return node.data?.config?.mode === 'map' ? MapNodeConfig.shape : BranchesNodeConfig.shape
  return configs[String(node?.type)]?.shape ?? null
}

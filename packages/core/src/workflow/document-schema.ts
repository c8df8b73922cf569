import * as z from 'zod'
import { VersionNumber } from '../base/contract-schema.ts'

/** JSON Schema, draft 2020-12. Unknown keys are allowed here and nowhere else in a workflow. */
export const JsonSchemaShape = z.union([z.boolean(), z.record(z.string(), z.unknown())])

const Cel = z.string()
const Mapping = z.record(z.string(), Cel)

/** Which version of a prompt a node runs; without one, the label `production`, else the head of `main`. */
export const PromptRef = z.union([
  z.strictObject({ label: z.string().min(1) }),
  z.strictObject({ branch: z.string().min(1) }),
  z.strictObject({ version: VersionNumber }),
])
export type PromptRef = z.infer<typeof PromptRef>

export const PromptNodeConfig = z.strictObject({
  promptId: z.string(),
  modelId: z.string(),
  inputMapping: Mapping,
  outputVariable: z.string(),
  ref: PromptRef.optional(),
  outputSchema: JsonSchemaShape.optional(),
})
export type PromptNodeConfig = z.infer<typeof PromptNodeConfig>

export const ConditionNodeConfig = z.strictObject({
  expression: Cel,
  trueTarget: z.string().optional(),
  falseTarget: z.string().optional(),
})
export type ConditionNodeConfig = z.infer<typeof ConditionNodeConfig>

export const LoopNodeConfig = z.strictObject({
  maxIterations: z.number(),
  condition: Cel,
  bodyNodes: z.array(z.string()),
  onLimit: z.enum(['continue', 'fail']).optional(),
})
export type LoopNodeConfig = z.infer<typeof LoopNodeConfig>

export const BranchesNodeConfig = z.strictObject({
  mode: z.literal('branches'),
  bodyNodes: z.array(z.string()),
  concurrency: z.number().optional(),
})
export type BranchesNodeConfig = z.infer<typeof BranchesNodeConfig>

export const MapNodeConfig = z.strictObject({
  mode: z.literal('map'),
  items: Cel,
  itemVariable: z.string(),
  result: Cel,
  outputVariable: z.string(),
  bodyNodes: z.array(z.string()),
  concurrency: z.number().optional(),
  onItemError: z.enum(['fail', 'collect', 'skip']).optional(),
})
export type MapNodeConfig = z.infer<typeof MapNodeConfig>

export const ParallelNodeConfig = z.discriminatedUnion('mode', [BranchesNodeConfig, MapNodeConfig])
export type ParallelNodeConfig = z.infer<typeof ParallelNodeConfig>

export const HumanChoice = z.strictObject({ id: z.string().min(1), label: z.string() })
export type HumanChoice = z.infer<typeof HumanChoice>

export const HumanNodeConfig = z.strictObject({
  message: z.string(),
  form: JsonSchemaShape.optional(),
  choices: z.array(HumanChoice).optional(),
  outputVariable: z.string(),
  assignees: z.array(z.string()).optional(),
  dueInSeconds: z.number().optional(),
  onDue: z.union([z.strictObject({ choice: z.string() }), z.literal('fail')]).optional(),
})
export type HumanNodeConfig = z.infer<typeof HumanNodeConfig>

export const ToolNodeConfig = z.strictObject({
  toolId: z.string(),
  inputMapping: Mapping,
  outputVariable: z.string(),
})
export type ToolNodeConfig = z.infer<typeof ToolNodeConfig>

/** Intervals in milliseconds; `maxAttempts` counts the first try. */
export const RetryPolicy = z.strictObject({
  maxAttempts: z.number(),
  initialIntervalMs: z.number(),
  backoffFactor: z.number(),
})
export type RetryPolicy = z.infer<typeof RetryPolicy>

function nodeShape<Type extends string, Config extends z.ZodType>(type: Type, config: Config) {
  return z.strictObject({
    id: z.string(),
    type: z.literal(type),
    position: z.strictObject({ x: z.number(), y: z.number() }),
    data: z.strictObject({
      label: z.string(),
      config,
      timeoutMs: z.number().optional(),
      retry: RetryPolicy.optional(),
      onError: z.enum(['fail', 'continue', 'route']).optional(),
    }),
  })
}

export const PromptNode = nodeShape('prompt', PromptNodeConfig)
export type PromptNode = z.infer<typeof PromptNode>
export const ConditionNode = nodeShape('condition', ConditionNodeConfig)
export type ConditionNode = z.infer<typeof ConditionNode>
export const LoopNode = nodeShape('loop', LoopNodeConfig)
export type LoopNode = z.infer<typeof LoopNode>
export const ParallelNode = nodeShape('parallel', ParallelNodeConfig)
export type ParallelNode = z.infer<typeof ParallelNode>
export const HumanNode = nodeShape('human', HumanNodeConfig)
export type HumanNode = z.infer<typeof HumanNode>
export const ToolNode = nodeShape('tool', ToolNodeConfig)
export type ToolNode = z.infer<typeof ToolNode>

export const WorkflowNode = z.discriminatedUnion('type', [
  PromptNode,
  ConditionNode,
  LoopNode,
  ParallelNode,
  HumanNode,
  ToolNode,
])
export type WorkflowNode = z.infer<typeof WorkflowNode>
export type NodeType = WorkflowNode['type']

export const WorkflowEdge = z.strictObject({
  id: z.string(),
  source: z.string(),
  sourceHandle: z.string().optional(),
  target: z.string(),
})
export type WorkflowEdge = z.infer<typeof WorkflowEdge>

export const WorkflowVariable = z.strictObject({
  schema: JsonSchemaShape,
  reducer: z.enum(['append', 'merge', 'sum']).optional(),
  default: z.unknown().optional(),
})
export type WorkflowVariable = z.infer<typeof WorkflowVariable>

/** The workflow document, format 1: what the editor writes and the API stores. Key order here is the canonical order. */
export const Workflow = z.strictObject({
  formatVersion: z.literal(1),
  name: z.string().min(1),
  description: z.string().optional(),
  inputs: z.record(z.string(), JsonSchemaShape),
  variables: z.record(z.string(), WorkflowVariable),
  outputs: z.record(z.string(), Cel),
  nodes: z.array(WorkflowNode),
  edges: z.array(WorkflowEdge),
})
export type Workflow = z.infer<typeof Workflow>

/** Names that validation and the editor check a workflow against; without one, names are not checked. */
export const Catalog = z.strictObject({
  prompts: z.array(
    z.strictObject({ id: z.string(), key: z.string(), variables: z.record(z.string(), JsonSchemaShape) }),
  ),
  models: z.array(z.strictObject({ id: z.string() })),
  tools: z.array(
    z.strictObject({
      id: z.string(),
      description: z.string().optional(),
      inputSchema: JsonSchemaShape,
      outputSchema: JsonSchemaShape,
    }),
  ),
})
export type Catalog = z.infer<typeof Catalog>

/** One finding about a workflow: where it is, what is wrong and what to do. `path` is a JSON pointer into the document. */
export const Diagnostic = z.strictObject({
  code: z.string(),
  severity: z.enum(['error', 'warning']),
  nodeId: z.string().nullable(),
  path: z.string(),
  message: z.string(),
  hint: z.string(),
  /** Offsets into the expression, in UTF-16 units, when the finding lies inside one. */
  from: z.int().optional(),
  to: z.int().optional(),
})
export type Diagnostic = z.infer<typeof Diagnostic>

export { type CompiledWorkflow, compileWorkflow, type WorkflowRuntime } from './compile.ts'
export type { Journal, RunContext } from './context.ts'
export { NodeFailure } from './failure.ts'
export { type AnswerInput, checkAnswer } from './human.ts'
export { callModel, type InvokableModel, type ModelLike, type ModelRequest, type ModelResult } from './model-call.ts'
export type {
  InvokableTool,
  ModelSource,
  PromptLike,
  PromptRequest,
  PromptSource,
  ToolContext,
  ToolDefinition,
  ToolFunction,
  ToolLike,
  ToolSource,
} from './sources.ts'
export { describeTools } from './tool-catalog.ts'
export { TransportSaver } from './transport-saver.ts'
export { Worker, type WorkerOptions } from './worker.ts'

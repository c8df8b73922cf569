export type {
  ExecuteRequest,
  ResumeRequest,
  RunSummary,
  StoredWorkflow,
  WorkflowSummary,
  WorkflowVersionSummary,
} from './contract-schema.ts'
export type {
  BranchesNodeConfig,
  Catalog,
  ConditionNode,
  ConditionNodeConfig,
  Diagnostic,
  HumanChoice,
  HumanNode,
  HumanNodeConfig,
  LoopNode,
  LoopNodeConfig,
  MapNodeConfig,
  NodeType,
  ParallelNode,
  ParallelNodeConfig,
  PromptNode,
  PromptNodeConfig,
  PromptRef,
  RetryPolicy,
  ToolNode,
  ToolNodeConfig,
  Workflow,
  WorkflowEdge,
  WorkflowNode,
  WorkflowVariable,
} from './document-schema.ts'
export { type Clip, copyNodes, parseClip, pasteNodes } from './edit/clip.ts'
export { containerOf, moveIntoContainer, moveOutOfContainer, unwrapContainer } from './edit/container.ts'
export { setDetails, setInputs, setOutputs, setVariables } from './edit/declaration.ts'
export { type Connection, connect, disconnect } from './edit/edge.ts'
export { type Edit, type History, recordEdit, redo, startHistory, undo } from './edit/history.ts'
export { addNode, moveNodes, type NodeChange, removeNode, updateNode } from './edit/node.ts'
export { applyPatch, type Change, invertPatch, type Patch, patchBetween, squashPatches } from './edit/patch.ts'
export { renameNode } from './edit/rename.ts'
export { wrapInContainer } from './edit/wrap.ts'
export { workflowEndpoints } from './endpoints.ts'
export {
  addUsage,
  foldRunEvents,
  type NodeState,
  type NodeStatus,
  type NodeSummary,
  type PendingQuestion,
  type RunState,
  skippedNodes,
} from './event.ts'
export { type Handle, handlesOf } from './flow.ts'
export { type FailureHandling, failureHandlingOf, policyOf } from './handling.ts'
export { inputFaults } from './input.ts'
export { type ParseResult, parseWorkflow } from './parse.ts'
export { pinKey } from './pin-key.ts'
export { applyWrite, initialValue, type Reducer, type ReducerName, reducers } from './reducer.ts'
export type { Body, Region } from './region.ts'
export type {
  HumanAnswer,
  Interrupt,
  InterruptRequest,
  JournalEntry,
  ModelCall,
  PromptPin,
  Run,
  RunError,
  RunEvent,
  RunEventBody,
  RunStatus,
  TokenUsage,
} from './run-schema.ts'
export { serializeWorkflow } from './serialize.ts'
export { analyzeStructure, maxNesting, type WorkflowStructure } from './structure.ts'
export type {
  ClaimedRun,
  EmittedEvent,
  PendingInterrupt,
  PromptVersionContent,
  RunBatch,
  RunLease,
  RunOutcome,
  RunTransport,
  Snapshot,
  SnapshotWrite,
  TimedEvent,
  WorkerRegistration,
} from './transport.ts'
export { type Inspection, inspectWorkflow, validateWorkflow } from './validate.ts'

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
export { workflowEndpoints } from './endpoints.ts'
export { type Handle, handlesOf } from './flow.ts'
export { applyWrite, initialValue, type Reducer, type ReducerName, reducers } from './reducer.ts'
export type { Body } from './region.ts'
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
export { analyzeStructure, maxNesting, type Region, type WorkflowStructure } from './structure.ts'
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

export { type Author, encodeCommit, encodeContent } from './commit.ts'
export { composePrompt, deepestReference, type ReferencedPrompt, referenceCycle } from './compose/compose-prompt.ts'
export { findReferenceCycle, type Referrer } from './compose/reference-cycle.ts'
export { type ReferenceFault, referenceFaults } from './compose/reference-faults.ts'
export type { ComposedReference, PromptEvent, ResolvedPrompt } from './delivery-contract-schema.ts'
export { type DiffOptions, diffLines, diffLinesAsync } from './diff/diff-lines.ts'
export { diffPrompt, type PromptChange } from './diff/diff-prompt.ts'
export { diffWords, splitWords } from './diff/diff-words.ts'
export type { Edit, EditScript } from './diff/edit.ts'
export type { PromptContent, PromptMessage, PromptModel, ReferenceTarget } from './document-schema.ts'
export {
  deliveryEndpoints,
  historyEndpoints,
  promptEndpoints,
  refEndpoints,
  reviewEndpoints,
  transferEndpoints,
  versionEndpoints,
} from './endpoints.ts'
export { type ImportedHistory, type ImportOptions, readFastExport } from './git/fast-export.ts'
export { type HistoryCommit, type HistoryRef, writeFastImport } from './git/fast-import.ts'
export { type PromptTree, treeOf } from './git/prompt-tree.ts'
export { type BlamableHistory, type BlamedLine, blame } from './history/blame.ts'
export { type GraphRow, type LaneVersion, layOutHistory, type WaitingLanes, waitingBelow } from './history/lanes.ts'
export { liveAt, type RefMove } from './history/live-at.ts'
export { type History, mergeBases } from './history/merge-bases.ts'
export { type AlteredVersion, type StoredVersion, verifyHistory } from './history/verify-history.ts'
export type { MergePreview } from './history-contract-schema.ts'
export { mergePrompt, type PromptConflict, type PromptMerge } from './merge/merge-prompt.ts'
export { type MergeLabels, mergeText, type TextConflict, type TextMerge } from './merge/merge-text.ts'
export { mergeWords } from './merge/merge-words.ts'
export { type HunkResolution, type Resolution, type ResolvedMerge, resolveMerge } from './merge/resolve-merge.ts'
export { type MergeableHistory, type MergeBase, mergeBaseOf } from './merge/virtual-base.ts'
export type { RefLogEntry } from './ref-contract-schema.ts'
export {
  maxRenderedLength,
  type PreparedPrompt,
  preparePrompt,
  type RenderResult,
  renderPrompt,
  type VariableFault,
} from './render.ts'
export type { Check, MergeRequest, ProtectionRule } from './review-contract-schema.ts'
export { schemaFaults } from './schema-faults.ts'
export { messagesOf, variablesOf } from './variables.ts'
export type { Prompt, PromptReference, PromptVersion } from './version-schema.ts'

export { promptEndpoints } from './endpoints.ts'
export type { PromptContent, PromptMessage, PromptModel } from './document-schema.ts'
export type { Prompt, PromptReference, PromptVersion } from './contract-schema.ts'

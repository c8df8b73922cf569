export { Prompt, promptContract, PromptReference, PromptVersion } from './contract-schema.ts'
export { PromptContent, PromptMessage, PromptModel } from './document-schema.ts'

export { Prompt, PromptReference, PromptVersion, promptContract } from './contract-schema.ts'
export { PromptContent, PromptMessage, PromptModel } from './document-schema.ts'

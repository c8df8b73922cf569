import * as z from 'zod'

const JsonSchemaShape = z.union([z.boolean(), z.record(z.string(), z.unknown())])

export const PromptMessage = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string(),
})
export type PromptMessage = z.infer<typeof PromptMessage>

export const PromptModel = z.strictObject({
  id: z.string().min(1),
  parameters: z.record(z.string(), z.unknown()).optional(),
})
export type PromptModel = z.infer<typeof PromptModel>

/** Everything that a version carries: a text, or messages; `{{path}}` names a variable. */
export const PromptContent = z.strictObject({
  text: z.string().optional(),
  messages: z.array(PromptMessage).min(1).optional(),
  /** JSON Schema by variable name; what the template uses and is not listed counts as a string. */
  variables: z.record(z.string(), JsonSchemaShape).optional(),
  model: PromptModel.optional(),
  outputSchema: JsonSchemaShape.optional(),
  tools: z.array(z.string()).optional(),
})
export type PromptContent = z.infer<typeof PromptContent>

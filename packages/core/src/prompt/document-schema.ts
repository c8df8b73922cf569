import * as z from 'zod'
import { VersionNumber } from '../base/contract-schema.ts'

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

/** As a template names a variable. */
const ReferenceName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must start with a letter or "_" and hold only letters, digits and "_"')

/** What a reference leads to: one version of a prompt for good, or whichever version a label of it names. */
export const ReferenceTarget = z
  .strictObject({
    /** The prompt's id or key. */
    prompt: z.string().min(1).max(200),
    version: VersionNumber.optional(),
    label: z.string().min(1).max(100).optional(),
  })
  .refine(
    ({ version, label }) => (version === undefined) !== (label === undefined),
    'must have exactly one of "version" and "label"',
  )
export type ReferenceTarget = z.infer<typeof ReferenceTarget>

/**
 * Everything that a version carries: a text, or messages; `{{path}}` names a variable, `{{> name}}` a reference to a
 * prompt whose text goes in there.
 */
export const PromptContent = z.strictObject({
  text: z.string().optional(),
  messages: z.array(PromptMessage).min(1).optional(),
  /** JSON Schema by variable name; what the template uses and is not listed counts as a string. */
  variables: z.record(z.string(), JsonSchemaShape).optional(),
  /** Other prompts by the names that the template gives them; only such as have a text. */
  references: z.record(ReferenceName, ReferenceTarget).optional(),
  model: PromptModel.optional(),
  outputSchema: JsonSchemaShape.optional(),
  tools: z.array(z.string()).optional(),
})
export type PromptContent = z.infer<typeof PromptContent>

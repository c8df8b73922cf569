import { createHash } from 'node:crypto'
import { canonicalJson } from '@fairlead/core/base'
import type { Prompt, PromptVersion } from '@fairlead/core/prompt'

/**
 * A prompt's ETag: the commit hash of the head of `main`, to commit on top of, and after a dot what vouches for its name,
 * description and whether it is archived. Each change looks at its half alone: who renames a prompt is in nobody's way.
 */
export function tagOfPrompt(prompt: Prompt & { head: PromptVersion | null }): string {
  return `${prompt.head?.commitHash ?? ''}.${labelOf(prompt)}`
}

/** The commit hash that a commit expects, by the ETag of a prompt, a version or a ref. */
export function headIn(tag: string): string
export function headIn(tag: string | null): string | null
export function headIn(tag: string | null): string | null {
  return tag === null ? null : tag.split('.')[0]!
}

/** Whether a prompt is still called and described as it was when it had the tag. */
export function isDescribedBy(prompt: Prompt, tag: string): boolean {
  return tag.split('.')[1] === labelOf(prompt)
}

function labelOf({ name, description, archivedAt }: Prompt): string {
  return createHash('sha256').update(canonicalJson({ name, description, archivedAt })).digest('hex').slice(0, 16)
}

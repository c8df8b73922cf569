import type { PromptPin } from './run-schema.ts'

/**
 * Names what a pin stands for: equal for pins of the same version with the same versions composed into it, and the
 * version's id when nothing is.
 */
export function pinKey({ versionId, references = [] }: Pick<PromptPin, 'versionId' | 'references'>): string {
  return [versionId, ...references.map((reference) => reference.versionId)].join('+')
}

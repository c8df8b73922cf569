import type { LocalExperiments } from '../../experiment/index.ts'
import type { GetPromptOptions, PromptTest } from './options.ts'

/** What a test says that a unit gets of a prompt. */
export interface PromptVariant {
  readonly test: PromptTest
  readonly promptId: string
  readonly version: number
  /** Says that the unit was shown it. */
  expose(): void
}

/**
 * The variant of a unit in the first test on a prompt in which it takes part, where the label is asked for that the test is
 * about. Whoever asks for a version or a branch gets that.
 */
export function promptVariant(
  experiments: LocalExperiments,
  name: string,
  { label = 'production', unit, attributes }: GetPromptOptions,
): PromptVariant | undefined {
  const subject = { unit, attributes }
  for (const { id, key, prompt, label: tested } of experiments.configuration()?.tests ?? []) {
    if (tested !== label || (prompt?.key !== name && prompt?.id !== name)) continue
    const variant = experiments.variant(id, subject, { expose: false })
    if (!variant.prompt) continue
    return {
      test: { id, key, unit: variant.unit, variant: { id: variant.id, name: variant.name } },
      promptId: variant.prompt.id,
      version: variant.prompt.versionNumber,
      expose: () => void experiments.variant(id, subject),
    }
  }
  return undefined
}

import type { JsonFault, StepBudget } from '@fairlead/core/base'
import { FairleadError } from '@fairlead/core/base'
import type { PromptContent } from '@fairlead/core/prompt'
import { schemaFaults } from '@fairlead/core/prompt'

/** Where the content stands in the request, and what checking it may cost. */
interface Place {
  /** The pointer in the request to what a pointer in the content leads to. */
  pointerOf?: (pointer: string) => string
  budget?: StepBudget
}

const maxFaults = 50

/**
 * That a content is one: with a text or with messages, and with JSON Schemas that are such. Throws
 * `prompt.invalid_content`, with a pointer for each fault.
 */
export function assertContent(content: PromptContent, place: Place = {}): void {
  const { pointerOf = (pointer) => `/content${pointer}`, budget } = place
  if ((content.text === undefined) === (content.messages === undefined)) {
    const message = 'must have exactly one of "text" and "messages"'
    throw invalid('A version has either a text or messages: give exactly one of them.', [
      { pointer: pointerOf(''), message },
    ])
  }
  const [first, ...others] = schemaFaults(content, budget)
    .slice(0, maxFaults)
    .map(({ pointer, message }) => ({ pointer: pointerOf(pointer), message }))
  if (!first) return
  throw invalid(`The version has what is no JSON Schema (draft 2020-12): ${first.pointer}: ${first.message}`, [
    first,
    ...others,
  ])
}

function invalid(message: string, faults: readonly JsonFault[]): FairleadError {
  const errors = faults.map((fault) => ({ ...fault }))
  return new FairleadError('prompt.invalid_content', message, { data: { errors } })
}

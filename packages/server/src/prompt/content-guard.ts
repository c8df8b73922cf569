import type { JsonFault, StepBudget } from '@fairlead/core/base'
import { FairleadError } from '@fairlead/core/base'
import type { PromptContent } from '@fairlead/core/prompt'
import { schemaFaults } from '@fairlead/core/prompt'
import * as schema from '@fairlead/core/prompt/schema'
import * as z from 'zod'
import { checkPart } from '../http/index.ts'

/** Where the content stands in the request, and what checking it may cost. */
interface Place {
  /** The pointer in the request to what a pointer in the content leads to. */
  pointerOf?: (pointer: string) => string
  budget?: StepBudget
}

const maxFaults = 50
const Messages = z.array(schema.PromptMessage)

/**
 * That a content is one: as the contract has it, with a text or with messages, and with JSON Schemas that are such. What a
 * merge makes has not come through the contract. Throws `prompt.invalid_content`, with a pointer for each fault.
 */
export function assertContent(content: PromptContent, place: Place = {}): void {
  const { pointerOf = (pointer) => `/content${pointer}`, budget } = place
  if ((content.text === undefined) === (content.messages === undefined)) {
    const message = 'must have exactly one of "text" and "messages"'
    throw invalid('A version has either a text or messages: give exactly one of them.', [
      { pointer: pointerOf(''), message },
    ])
  }
  assertShape(schema.PromptContent, content, pointerOf)
  const [first, ...others] = schemaFaults(content, budget)
    .slice(0, maxFaults)
    .map(({ pointer, message }) => ({ pointer: pointerOf(pointer), message }))
  if (!first) return
  throw invalid(`The version has what is no JSON Schema (draft 2020-12): ${first.pointer}: ${first.message}`, [
    first,
    ...others,
  ])
}

/** That a value is a list of messages, however short. Throws `prompt.invalid_content`. */
export function assertMessages(value: unknown, { pointerOf }: { pointerOf: (pointer: string) => string }): void {
  assertShape(Messages, value, pointerOf)
}

function assertShape(shape: z.ZodType, value: unknown, pointerOf: (pointer: string) => string): void {
  const checked = checkPart('body', shape, value)
  if (checked.ok) return
  const errors = checked.faults
    .slice(0, maxFaults)
    .map(({ pointer, message }) => ({ pointer: pointerOf(pointer), message }))
  const { pointer, message } = errors[0]!
  throw invalid(`The version has what none may have: ${pointer} ${message}.`, errors)
}

function invalid(message: string, faults: readonly JsonFault[]): FairleadError {
  const errors = faults.map((fault) => ({ ...fault }))
  return new FairleadError('prompt.invalid_content', message, { data: { errors } })
}

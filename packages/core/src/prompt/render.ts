import type { JsonSchema } from '../base/index.ts'
import { FairleadError, StepBudget, validateJson, withDefaults } from '../base/index.ts'
import type { Template } from '../expression/index.ts'
import { fillTemplate, parseTemplate } from '../expression/index.ts'
import type { PromptContent, PromptMessage } from './document-schema.ts'
import { messagesOf, variablesOf } from './variables.ts'

/** A variable that keeps a prompt from being rendered. */
export interface VariableFault {
  variable: string
  /** JSON pointer into the variables. */
  pointer: string
  message: string
}

export type RenderResult = { ok: true; messages: PromptMessage[] } | { ok: false; faults: VariableFault[] }

/** Characters that the messages of a rendered prompt may have together; no model reads as many. */
export const maxRenderedLength = 4_000_000
/** So many of the variables that there are a fault names. */
const mostNames = 20

/** A version that is rendered many times: its templates are cut and its variables found once. */
export interface PreparedPrompt {
  /** Like `renderPrompt`. */
  render(variables: Record<string, unknown>): RenderResult
}

/** Prepares a content, which must not change from then on. Throws `prompt.not_composed` for one that still refers to others. */
export function preparePrompt(content: PromptContent): PreparedPrompt {
  if (Object.keys(content.references ?? {}).length > 0) throw notComposed()
  const declared = variablesOf(content)
  const templates = messagesOf(content).map((message) => ({
    role: message.role,
    template: parseTemplate(message.content),
  }))
  return {
    render(variables) {
      const filled = withDefaults(declared, variables)
      const faults = findFaults(declared, variables, filled)
      return faults.length > 0 ? { ok: false, faults } : renderMessages(templates, filled)
    },
  }
}

/**
 * Fills a version's templates; a variable that is left out takes its schema's default. A missing, an unknown or a mistyped
 * variable is a fault that names it, and nothing is left half filled. Throws `prompt.too_long` when the messages would
 * have more than `maxRenderedLength` characters, before they are put together, and `prompt.not_composed` for a version that
 * still refers to others.
 */
export function renderPrompt(content: PromptContent, variables: Record<string, unknown>): RenderResult {
  return preparePrompt(content).render(variables)
}

function findFaults(
  declared: Record<string, JsonSchema>,
  variables: Record<string, unknown>,
  filled: Record<string, unknown>,
): VariableFault[] {
  const faults: VariableFault[] = []
  const unknown = Object.keys(variables).filter((name) => !Object.hasOwn(declared, name))
  const known = unknown.length > 0 ? listed(Object.keys(declared)) : ''
  for (const name of unknown) {
    const message = `The prompt has no variable "${name}"; it has: ${known}.`
    faults.push({ variable: name, pointer: `/${name}`, message })
  }
  const budget = new StepBudget()
  for (const [name, schema] of Object.entries(declared)) {
    if (!Object.hasOwn(filled, name)) {
      faults.push({ variable: name, pointer: `/${name}`, message: `The variable "${name}" is missing.` })
      continue
    }
    for (const fault of validateJson(schema, filled[name], budget)) {
      faults.push({ variable: name, pointer: `/${name}${fault.pointer}`, message: fault.message })
    }
  }
  return faults
}

function listed(names: string[]): string {
  return `${names.slice(0, mostNames).join(', ') || 'none'}${names.length > mostNames ? ', …' : ''}`
}

type MessageTemplate = Pick<PromptMessage, 'role'> & { template: Template }

function renderMessages(templates: readonly MessageTemplate[], variables: Record<string, unknown>): RenderResult {
  let left = maxRenderedLength
  try {
    const messages = templates.map(({ role, template }) => {
      const text = fillTemplate(template, variables, left)
      left -= text.length
      return { role, content: text }
    })
    return { ok: true, messages }
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error
    if (error.code === 'expression.too_long') throw tooLong()
    // A path inside a given variable: `{{ticket.body}}` where the ticket has no body.
    if (error.code !== 'expression.missing_variable') throw error
    const path = String(error.data?.path ?? '')
    const pointer = `/${path.replaceAll('.', '/')}`
    return { ok: false, faults: [{ variable: path, pointer, message: error.message }] }
  }
}

function notComposed(): FairleadError {
  const message = 'The prompt refers to others whose texts are not in it yet. Put them there with composePrompt first.'
  return new FairleadError('prompt.not_composed', message)
}

function tooLong(): FairleadError {
  const most = maxRenderedLength.toLocaleString('en')
  const message = `The rendered prompt would have more than ${most} characters. Give it shorter variables, or read them less often.`
  return new FairleadError('prompt.too_long', message, { data: { most: maxRenderedLength } })
}

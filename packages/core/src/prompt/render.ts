import { FairleadError, validateJson, withDefaults } from '../base/index.ts'
import { renderTemplate } from '../expression/index.ts'
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

/**
 * Fills a version's templates; a variable that is left out takes its schema's default. A missing, an unknown or a mistyped variable is a fault that names it; nothing is thrown
 * and nothing is left half filled.
 */
export function renderPrompt(content: PromptContent, variables: Record<string, unknown>): RenderResult {
  const declared = variablesOf(content)
  const faults: VariableFault[] = []
  for (const name of Object.keys(variables)) {
    if (Object.hasOwn(declared, name)) continue
    const known = Object.keys(declared).join(', ') || 'none'
    faults.push({
      variable: name,
      pointer: `/${name}`,
      message: `The prompt has no variable "${name}"; it has: ${known}.`,
    })
  }
  const filled = withDefaults(declared, variables)
  for (const [name, schema] of Object.entries(declared)) {
    if (!Object.hasOwn(filled, name)) {
      faults.push({ variable: name, pointer: `/${name}`, message: `The variable "${name}" is missing.` })
      continue
    }
    for (const fault of validateJson(schema, filled[name])) {
      faults.push({ variable: name, pointer: `/${name}${fault.pointer}`, message: fault.message })
    }
  }
  if (faults.length > 0) return { ok: false, faults }
  return renderMessages(content, filled)
}

function renderMessages(content: PromptContent, variables: Record<string, unknown>): RenderResult {
  try {
    const messages = messagesOf(content).map(({ role, content: template }) => ({
      role,
      content: renderTemplate(template, variables),
    }))
    return { ok: true, messages }
  } catch (error) {
    // A path inside a given variable: `{{ticket.body}}` where the ticket has no body.
    if (!(error instanceof FairleadError) || error.code !== 'expression.missing_variable') throw error
    const path = String(error.data?.path ?? '')
    const pointer = `/${path.replaceAll('.', '/')}`
    return { ok: false, faults: [{ variable: path, pointer, message: error.message }] }
  }
}

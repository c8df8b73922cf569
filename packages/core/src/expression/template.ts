import { FairleadError } from '../base/error.ts'
import type { ExpressionDiagnostic } from './diagnostic.ts'
import { expressionLimits } from './limit.ts'

/** A place in a template that a value goes to, with its offsets in the text (UTF-16, braces included). */
export interface TemplateSlot {
  path: string[]
  from: number
  to: number
}

/** A text cut at its slots. */
export interface Template {
  parts: (string | TemplateSlot)[]
  /** The paths read, each once, in the order of their first place. */
  paths: string[][]
  /** Warnings about what looks like a slot and is not. */
  diagnostics: ExpressionDiagnostic[]
}

const slotPattern = /\{\{\s*([A-Za-z_]\w*(?:\.[\w-]+)*)\s*\}\}/g
const almostSlotPattern = /\{\{([^{}\n]*)\}\}/g

/**
 * Cuts a template at its slots. A slot is `{{path}}`, spaces allowed inside the braces, where the path is a variable
 * with members or list positions after dots: `{{ticket.body}}`, `{{items.0.name}}`. Nothing else is special: any other
 * brace, also a lone `{{`, is text and is printed as it stands. Never throws.
 */
export function parseTemplate(text: string): Template {
  const parts: (string | TemplateSlot)[] = []
  const paths = new Map<string, string[]>()
  const diagnostics: ExpressionDiagnostic[] = []
  let end = 0
  const addText = (to: number) => {
    if (to === end) return
    const part = text.slice(end, to)
    parts.push(part)
    for (const almost of part.matchAll(almostSlotPattern)) diagnostics.push(notASlot(almost, end))
  }
  for (const match of text.matchAll(slotPattern)) {
    const path = match[1]!.split('.')
    addText(match.index)
    end = match.index + match[0].length
    parts.push({ path, from: match.index, to: end })
    if (!paths.has(match[1]!)) paths.set(match[1]!, path)
  }
  addText(text.length)
  return { parts, paths: [...paths.values()], diagnostics }
}

function notASlot(match: RegExpExecArray, offset: number): ExpressionDiagnostic {
  const from = offset + match.index
  return {
    code: 'expression.template',
    severity: 'warning',
    message: `"${match[0]}" is not a variable path, so it is printed as it stands.`,
    hint: 'Between the braces stands a dotted path such as {{ticket.body}} and nothing else; compute values in an expression before.',
    from,
    to: from + match[0].length,
  }
}

/**
 * Fills a template's slots: a string as it is, any other value as JSON. Only own members of plain data are read.
 * Throws `expression.missing_variable` with `data.path` (dotted) when a path leads nowhere, and `expression.too_long`
 * when the text would have more than `most` characters, before it is put together.
 */
export function renderTemplate(
  text: string,
  values: Record<string, unknown>,
  most: number = expressionLimits.renderedLength,
): string {
  return fillTemplate(parseTemplate(text), values, most)
}

/** `renderTemplate` of a text that was cut already. */
export function fillTemplate({ parts }: Template, values: Record<string, unknown>, most: number): string {
  // Each path is printed once, however often it stands in the template.
  const printed = new Map<string, string>()
  let length = 0
  let text = ''
  for (const part of parts) {
    const piece = typeof part === 'string' ? part : fill(part, values, printed)
    length += piece.length
    if (length > most) throw tooLong(most)
    text += piece
  }
  return text
}

function fill(slot: TemplateSlot, values: Record<string, unknown>, printed: Map<string, string>): string {
  const path = slot.path.length === 1 ? slot.path[0]! : slot.path.join('.')
  let text = printed.get(path)
  if (text === undefined) {
    text = print(read(slot, values))
    printed.set(path, text)
  }
  return text
}

function tooLong(most: number): FairleadError {
  const message = `The filled template would have more than ${most.toLocaleString('en')} characters. Give it shorter values or less of them.`
  return new FairleadError('expression.too_long', message, { data: { most } })
}

function read(slot: TemplateSlot, values: Record<string, unknown>): unknown {
  let value: unknown = values
  for (const [index, key] of slot.path.entries()) {
    value = member(value, key)
    if (value === undefined) throw missing(slot, index)
  }
  return value
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  // An array owns "length" too, which is no part of the data.
  if (Array.isArray(value) && !/^\d+$/.test(key)) return undefined
  const found = (value as Record<string, unknown>)[key]
  return typeof found === 'function' || typeof found === 'symbol' ? undefined : found
}

function print(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function missing(slot: TemplateSlot, index: number): FairleadError {
  const path = slot.path.join('.')
  const message =
    index === 0
      ? `The template reads {{${path}}}, but there is no variable "${slot.path[0]}".`
      : `The template reads {{${path}}}, but "${slot.path.slice(0, index).join('.')}" has no "${slot.path[index]}".`
  return new FairleadError('expression.missing_variable', `${message} Give it a value or take the slot out.`, {
    data: { path, from: slot.from, to: slot.to },
  })
}

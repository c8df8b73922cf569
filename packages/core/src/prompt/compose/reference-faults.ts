import type { PromptContent } from '../document-schema.ts'
import { partialsOf } from './partial.ts'

export interface ReferenceFault {
  /** JSON pointer into the content. */
  pointer: string
  message: string
}

/** What a version's templates and the references it declares have against each other: each must have the other. */
export function referenceFaults(content: PromptContent): ReferenceFault[] {
  const used = partialsOf(content)
  const declared = content.references ?? {}
  const undeclared = [...used]
    .filter(([name]) => !Object.hasOwn(declared, name))
    .map(([name, pointer]) => ({ pointer, message: `uses {{> ${name}}}, which "references" does not have` }))
  const unused = Object.keys(declared)
    .filter((name) => !used.has(name))
    .map((name) => ({ pointer: `/references/${name}`, message: `is used nowhere: no template has {{> ${name}}}` }))
  return [...undeclared, ...unused]
}

/** Whether a value from outside is what `references` of a version may be. */
export function areReferences(value: unknown): value is NonNullable<PromptContent['references']> {
  return isObject(value) && Object.values(value).every(isTarget)
}

function isTarget(value: unknown): boolean {
  if (!isObject(value)) return false
  const { prompt, version, label, ...others } = value
  if (typeof prompt !== 'string' || Object.keys(others).length > 0) return false
  if (version === undefined) return typeof label === 'string'
  return label === undefined && Number.isInteger(version) && (version as number) > 0
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

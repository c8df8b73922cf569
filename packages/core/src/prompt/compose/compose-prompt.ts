import type { JsonSchema } from '../../base/index.ts'
import { canonicalJson, FairleadError } from '../../base/index.ts'
import type { PromptContent, ReferenceTarget } from '../document-schema.ts'
import { maxRenderedLength } from '../render.ts'
import { splitPartials } from './partial.ts'
import type { Referrer } from './reference-cycle.ts'

/** A version of a prompt that others may refer to; equal ids stand for the same version. */
export interface ReferencedPrompt extends Referrer {
  content: PromptContent
}

/** References inside referenced prompts, and so on: so deep at most. */
export const deepestReference = 8

/** A version with everything that it refers to in its place. */
interface Composed {
  key: string
  text: string
  variables: Record<string, JsonSchema>
  /** How many references stand inside each other in it. */
  height: number
}

/**
 * Puts the texts of other prompts in the place of a version's partials (`{{> name}}`), and in theirs, and so on, and
 * unites the variables: the outer prompt's declaration wins. What is composed has no references any more. `partials`
 * answers what a reference leads to; `self` names the version in errors, and is a version that nothing in it may lead to.
 * Of referenced prompts only text and variables count. A version that declares no references is left as it is, whatever
 * its text looks like.
 *
 * Throws `prompt.dangling_reference`, `prompt.reference_cycle`, `prompt.reference_not_text`, `prompt.reference_too_deep`,
 * `prompt.variable_conflict` and `prompt.too_long`; their `data` has `reference`, the name in `content` through which it
 * came about, and `path`, the keys of the prompts that lead there.
 */
export function composePrompt(
  content: PromptContent,
  partials: (target: ReferenceTarget) => ReferencedPrompt | undefined,
  self: Referrer = { id: '', key: 'this prompt' },
): PromptContent {
  if (content.references === undefined) return content
  return new Composition(partials, self).whole(content)
}

class Composition {
  readonly #find: (target: ReferenceTarget) => ReferencedPrompt | undefined
  /** Each version is composed once, however many refer to it. */
  readonly #composed = new Map<string, Composed>()
  readonly #path: Referrer[]
  /** The reference of the outermost prompt that is being followed. */
  #reference: string | undefined

  constructor(find: (target: ReferenceTarget) => ReferencedPrompt | undefined, self: Referrer) {
    this.#find = find
    this.#path = [self]
  }

  whole({ references, ...content }: PromptContent): PromptContent {
    const parts = new Map<string, Composed>()
    let left = maxRenderedLength
    const fill = (template: string) => {
      const filled = this.#fill(template, references, parts, left)
      left -= filled.length
      return filled
    }
    const composed = content.messages
      ? { ...content, messages: content.messages.map((message) => ({ ...message, content: fill(message.content) })) }
      : { ...content, text: fill(content.text ?? '') }
    this.#reference = undefined
    const variables = this.#unite(content.variables, parts)
    const isSilent = content.variables === undefined && Object.keys(variables).length === 0
    return isSilent ? composed : { ...composed, variables }
  }

  /** A template with other texts in its partials; what each partial stands for is put into `parts`. */
  #fill(template: string, references: PromptContent['references'], parts: Map<string, Composed>, most: number): string {
    let length = 0
    const pieces = splitPartials(template).map((part) => {
      const piece = typeof part === 'string' ? part : this.#part(part.name, references, parts).text
      length += piece.length
      if (length > most) throw this.#tooLong()
      return piece
    })
    return pieces.join('')
  }

  #part(name: string, references: PromptContent['references'] = {}, parts: Map<string, Composed>): Composed {
    const known = parts.get(name)
    if (known) return known
    if (this.#path.length === 1) this.#reference = name
    const target = Object.hasOwn(references, name) ? references[name] : undefined
    const found = target && this.#find(target)
    if (!found) throw this.#dangling(name, target)
    const part = this.#compose(found)
    parts.set(name, part)
    return part
  }

  #compose(version: ReferencedPrompt): Composed {
    const { id, key, content } = version
    const at = this.#path.findIndex((other) => other.id === id)
    if (at >= 0) throw this.#cycle([...this.#path.slice(at), version])
    const known = this.#composed.get(id)
    // Counted from the outermost prompt, however often a version is met.
    if (this.#path.length + (known?.height ?? 0) > deepestReference) throw this.#tooDeep(key)
    if (known) return known
    if (content.text === undefined) throw this.#notText(key)
    this.#path.push(version)
    const parts = new Map<string, Composed>()
    const { text, references } = content
    const filled = references === undefined ? text : this.#fill(text, references, parts, maxRenderedLength)
    const variables = this.#unite(content.variables, parts)
    const height = Math.max(0, ...[...parts.values()].map((part) => part.height + 1))
    this.#path.pop()
    const composed = { key, text: filled, variables, height }
    this.#composed.set(id, composed)
    return composed
  }

  #unite(own: PromptContent['variables'] = {}, parts: ReadonlyMap<string, Composed>): Record<string, JsonSchema> {
    const variables = new Map<string, { schema: JsonSchema; by: string }>()
    for (const [reference, { key, variables: brought }] of parts) {
      for (const [name, schema] of Object.entries(brought)) {
        if (Object.hasOwn(own, name)) continue
        const other = variables.get(name)
        if (other === undefined) variables.set(name, { schema, by: key })
        else if (canonicalJson(other.schema) !== canonicalJson(schema)) {
          if (this.#path.length === 1) this.#reference = reference
          throw this.#conflict(name, other.by, key)
        }
      }
    }
    return { ...Object.fromEntries([...variables].map(([name, { schema }]) => [name, schema])), ...own }
  }

  #dangling(name: string, target: ReferenceTarget | undefined): FairleadError {
    const reason = target ? `there is no ${nameOf(target)} here` : `"references" does not have it`
    const message = `The reference "${name}" of ${this.#keys()} leads nowhere: ${reason}. Make what it names, or commit a version that refers to something else.`
    return this.#error('prompt.dangling_reference', message)
  }

  #cycle(path: readonly Referrer[]): FairleadError {
    return referenceCycle(
      path.map(({ key }) => key),
      { reference: this.#reference },
    )
  }

  #notText(key: string): FairleadError {
    const message = `${this.#keys()} refers to the prompt "${key}", which has messages there. Only a prompt with a text can go into another.`
    return this.#error('prompt.reference_not_text', message, key)
  }

  #tooDeep(key: string): FairleadError {
    const message = `References stand more than ${deepestReference} deep inside each other: ${this.#keys(key)}. Put some of these texts into one prompt.`
    return this.#error('prompt.reference_too_deep', message, key)
  }

  #conflict(variable: string, one: string, other: string): FairleadError {
    const message = `The prompts "${one}" and "${other}", which ${this.#keys()} refers to, declare the variable "${variable}" differently. Declare it in ${this.#keys()}, or make them agree.`
    return this.#error('prompt.variable_conflict', message)
  }

  #tooLong(): FairleadError {
    const most = maxRenderedLength.toLocaleString('en')
    const message = `With all that it refers to, ${this.#keys()} would have more than ${most} characters.`
    return this.#error('prompt.too_long', message)
  }

  #error(code: string, message: string, ...last: string[]): FairleadError {
    const path = [...this.#path.map(({ key }) => key), ...last]
    return new FairleadError(code, message, { data: { reference: this.#reference, path } })
  }

  /** The way to where something is wrong. */
  #keys(...last: string[]): string {
    return [...this.#path.map(({ key }) => key), ...last].join(' -> ')
  }
}

/** A target in words. */
function nameOf({ prompt, version, label }: ReferenceTarget): string {
  return version === undefined
    ? `prompt "${prompt}" with a label "${label}"`
    : `version ${version} of a prompt "${prompt}"`
}

/** For references that go round: `path` begins and ends with the same key. */
export function referenceCycle(path: readonly string[], data: { reference?: string | undefined } = {}): FairleadError {
  const message = `The references go round in a circle: ${path.join(' -> ')}. Take one of them out, or pin it to a version that does not lead back.`
  return new FairleadError('prompt.reference_cycle', message, { data: { ...data, path: [...path] } })
}

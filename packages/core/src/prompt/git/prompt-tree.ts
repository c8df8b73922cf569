import { FairleadError } from '../../base/index.ts'
import { areReferences } from '../compose/reference-faults.ts'
import type { PromptContent, PromptMessage } from '../document-schema.ts'

/** The files of one version by their paths. */
export type PromptTree = ReadonlyMap<string, string>

const aboutPath = 'prompt.json'
const textPath = 'prompt.md'
const messagePath = /^messages\/(\d{3,})-(system|user|assistant)\.md$/
const formatVersion = 1

/**
 * A version as files that people read and git compares line by line: its text, or one file for each message, byte for
 * byte; everything else in `prompt.json`.
 */
export function treeOf({ text, messages, ...about }: PromptContent): PromptTree {
  const files = new Map([[aboutPath, `${JSON.stringify({ formatVersion, ...about }, null, 2)}\n`]])
  if (text !== undefined) files.set(textPath, text)
  for (const [index, { role, content }] of (messages ?? []).entries())
    files.set(`messages/${String(index + 1).padStart(3, '0')}-${role}.md`, content)
  return files
}

/** What `treeOf` was given. Throws `prompt.not_a_prompt_tree` for files that are no version of a prompt. */
export function contentOfTree(files: PromptTree): PromptContent {
  const about = files.get(aboutPath)
  if (about === undefined) throw notATree(`there is no "${aboutPath}"`)
  const { formatVersion: version, ...rest } = parse(about)
  if (version !== formatVersion)
    throw notATree(`"${aboutPath}" is of format ${JSON.stringify(version)}, and not of ${formatVersion}`)
  if (rest.references !== undefined && !areReferences(rest.references))
    throw notATree(`"references" in "${aboutPath}" must name a prompt each, with either a version or a label`)
  const messages: PromptMessage[] = []
  for (const path of [...files.keys()].sort(byNumber)) {
    const [, , role] = messagePath.exec(path) ?? []
    if (role !== undefined) messages.push({ role: role as PromptMessage['role'], content: files.get(path)! })
  }
  const text = files.get(textPath)
  if ((text === undefined) === (messages.length === 0))
    throw notATree(`it needs either "${textPath}" or files in "messages"`)
  return { ...(text === undefined ? { messages } : { text }), ...rest }
}

/** Whether files are a version of a prompt as `treeOf` writes it. */
export function isPromptTree(files: PromptTree): boolean {
  return files.has(aboutPath) && (files.has(textPath) || [...files.keys()].some((path) => messagePath.test(path)))
}

function byNumber(one: string, other: string): number {
  const [first, second] = [one, other].map((path) => Number(messagePath.exec(path)?.[1] ?? 0))
  return first! - second! || (one < other ? -1 : 1)
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Falls through to the error below.
  }
  throw notATree(`"${aboutPath}" is no JSON object`)
}

function notATree(reason: string): FairleadError {
  return new FairleadError('prompt.not_a_prompt_tree', `These files are no version of a prompt: ${reason}.`)
}

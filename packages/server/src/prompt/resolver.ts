import { FairleadError } from '@fairlead/core/base'
import type { PromptContent, ReferenceTarget } from '@fairlead/core/prompt'
import { composePrompt } from '@fairlead/core/prompt'
import type { PromptPin } from '@fairlead/core/workflow'
import { pinKey } from '@fairlead/core/workflow'
import { composeVersion } from './compose.ts'
import type { ResolvedPrompt, VersionResolver } from './ports.ts'
import { toVersionContent } from './record.ts'
import { findByIdOrKey, findSelected } from './select.ts'
import * as store from './store.ts'

/** The prompt room as a resolver of references: a version, a branch or a label; else `production`, else the head of `main`. */
export const refResolver: VersionResolver = {
  async resolve(db, request): Promise<ResolvedPrompt | null> {
    const prompt = await findByIdOrKey(db, request.prompt)
    if (!prompt) return null
    const row = await findSelected(db, prompt.id, request)
    if (!row) return null
    const { content, references } = await composeVersion(db, prompt, row)
    const pin: PromptPin = {
      promptId: prompt.id,
      versionId: row.id,
      versionNumber: row.version_number,
      variantId: null,
      ...(references.length > 0 && { references: references.map(({ key: _key, ...reference }) => reference) }),
    }
    return { pin, content: toVersionContent(prompt.key, row, content) }
  },
  async load(db, pins) {
    const ids = pins.flatMap(({ versionId, references = [] }) => [versionId, ...references.map((one) => one.versionId)])
    const rows = await store.findVersionsById(db, [...new Set(ids)])
    const versions = new Map(rows.map((row) => [row.id, { row, content: store.contentOf(row) }]))
    return new Map(
      pins.flatMap((pin) => {
        const own = versions.get(pin.versionId)
        const content = own && composePinned(own, pin.references ?? [], versions)
        return content ? [[pinKey(pin), toVersionContent(own.row.key, own.row, content)]] : []
      }),
    )
  },
}

interface LoadedVersion {
  row: store.VersionRow & { key: string }
  content: PromptContent
}

/** Undefined when a version is gone, or something does not lead where it led when the pin was made. */
function composePinned(
  own: LoadedVersion,
  references: NonNullable<PromptPin['references']>,
  versions: ReadonlyMap<string, LoadedVersion>,
): PromptContent | undefined {
  const find = (target: ReferenceTarget) => {
    const isMeant = ({ label, versionNumber }: (typeof references)[number]) =>
      target.label === undefined ? label === null && versionNumber === target.version : label === target.label
    const led = references.filter(isMeant).flatMap((reference) => versions.get(reference.versionId) ?? [])
    // An id goes before a key that looks like one.
    const found =
      led.find(({ row }) => row.prompt_id === target.prompt.toLowerCase()) ??
      led.find(({ row }) => row.key === target.prompt)
    return found && { id: found.row.id, key: found.row.key, content: found.content }
  }
  try {
    return composePrompt(own.content, find, own.row)
  } catch (error) {
    if (error instanceof FairleadError) return undefined
    throw error
  }
}

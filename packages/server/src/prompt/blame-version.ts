import { blame, messagesOf } from '@fairlead/core/prompt'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/index.ts'
import { ContentReader } from './content-reader.ts'
import { ancestorsOf, loadContents, loadEdges } from './history-store.ts'
import type { PromptRow, VersionRow } from './store.ts'
import { contentOf, numbersOf } from './store.ts'

/** For each text of a version who wrote which line. Reads back no further than to the versions that wrote them. */
export async function blameVersion(db: Kysely<Tables>, prompt: PromptRow, version: VersionRow) {
  const edges = await loadEdges(db, prompt)
  const reader = new ContentReader((ids) => loadContents(db, ids), [...ancestorsOf(edges, [version.id])])
  const content = contentOf(version)
  const counts = new Map<string, number>()
  const texts = messagesOf(content).map(({ role }, index) => {
    const nth = counts.get(role) ?? 0
    counts.set(role, nth + 1)
    return { role, nth, path: content.messages === undefined ? '/text' : `/messages/${index}/content` }
  })
  const textsOf = async (id: string) => {
    const messages = Map.groupBy(messagesOf(await reader.get(id)), ({ role }) => role)
    // The same message in another version: the one at the same place among those of its role.
    return texts.map(({ role, nth }) => messages.get(role as never)?.[nth]?.content ?? '')
  }
  const blamed = await blame({ parents: edges.parents, textsOf }, version.id)
  const numbers = await numbersOf(db, [...new Set(blamed.flatMap((lines) => lines.map((line) => line.version)))])
  return texts.map(({ path }, index) => ({
    path,
    lines: blamed[index]!.map((line) => ({
      text: line.text,
      versionId: line.version,
      versionNumber: numbers.get(line.version)!,
    })),
  }))
}

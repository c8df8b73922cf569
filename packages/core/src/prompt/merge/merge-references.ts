import { partialsOf } from '../compose/partial.ts'
import type { PromptContent } from '../document-schema.ts'
import type { ValueConflict, ValueMerge } from './merge-value.ts'
import { mergeValue } from './merge-value.ts'

type References = NonNullable<PromptContent['references']>

/**
 * Merges the references that two sides declare, name by name and each as a whole. What the merged templates (in `merged`,
 * conflicts and all) make of it is looked at after: a reference that one side gave up and they still use is a conflict,
 * in which ours holds; one whose last uses the sides took out together goes out, too.
 */
export function mergeReferences(
  base: PromptContent,
  ours: PromptContent,
  theirs: PromptContent,
  merged: Pick<PromptContent, 'text' | 'messages'>,
): { references: References | undefined; conflicts: ValueConflict[] } {
  const merge = mergeEach(base.references, ours.references, theirs.references)
  const conflicts = [...merge.conflicts]
  const used = partialsOf(merged)
  const [usedByOurs, usedByTheirs] = [partialsOf(ours), partialsOf(theirs)]
  const references = new Map(Object.entries((merge.value ?? {}) as References))
  for (const name of Object.keys(base.references ?? {})) {
    const [inBase, inOurs, inTheirs] = [base, ours, theirs].map((side) => declared(side, name))
    const isGivenUp =
      (inOurs === undefined && !usedByOurs.has(name)) || (inTheirs === undefined && !usedByTheirs.has(name))
    if (!isGivenUp || !used.has(name) || references.has(name) || conflicts.some(({ path }) => path[1] === name))
      continue
    conflicts.push({ path: ['references', name], base: inBase, ours: inOurs, theirs: inTheirs })
    if (inOurs !== undefined) references.set(name, inOurs)
  }
  for (const name of references.keys())
    if (!used.has(name) && usedByOurs.has(name) && usedByTheirs.has(name)) references.delete(name)
  const isAbsent = merge.value === undefined && references.size === 0
  return { references: isAbsent ? undefined : Object.fromEntries(references), conflicts }
}

/** A side that has no references at all has given up each of them. */
function mergeEach(base?: References, ours?: References, theirs?: References): ValueMerge {
  const whole = mergeValue(base, ours, theirs, ['references'], 0)
  return whole.conflicts.length === 0 ? whole : mergeValue(base ?? {}, ours ?? {}, theirs ?? {}, ['references'], 1)
}

function declared({ references = {} }: PromptContent, name: string): References[string] | undefined {
  return Object.hasOwn(references, name) ? references[name] : undefined
}

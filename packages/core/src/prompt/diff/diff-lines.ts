import type { EditScript } from './edit.ts'
import { editScript } from './edit.ts'
import { commonEnds, countLines, splitLines } from './line.ts'
import { matchStrings } from './match.ts'

export interface DiffOptions {
  /**
   * How many inner-loop steps the search for the shortest script may take, the default about 200 ms; past it the script
   * is still valid but `exact` is false. The same input gives the same script on every machine.
   */
  maxWork?: number
}

export const defaultMaxWork = 24_000_000

/**
 * What turns one text into another, line by line; a line is its text with the newline that ends it, so a missing final
 * newline is a difference. The script has as few insertions and deletions as possible (Myers' LCS problem), unless that
 * would take more than `maxWork` steps. Positions in the edits count lines from 0.
 */
export function diffLines(before: string, after: string, options: DiffOptions = {}): EditScript {
  const steps = diffingLines(before, after, options)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** As `diffLines`, letting the event loop turn in between. Rejects with the signal's reason when it aborts. */
export async function diffLinesAsync(
  before: string,
  after: string,
  { signal, ...options }: DiffOptions & { signal?: AbortSignal } = {},
): Promise<EditScript> {
  const steps = diffingLines(before, after, options)
  for (;;) {
    signal?.throwIfAborted()
    const step = steps.next()
    if (step.done) return step.value
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
}

function* diffingLines(
  before: string,
  after: string,
  { maxWork = defaultMaxWork }: DiffOptions,
): Generator<number, EditScript, void> {
  const { prefix, suffix } = commonEnds(before, after)
  const lines = {
    before: splitLines(before, prefix, before.length - suffix),
    after: splitLines(after, prefix, after.length - suffix),
  }
  const { matches, exact } = yield* matchStrings(lines.before, lines.after, maxWork)
  const length = { before: lines.before.length, after: lines.after.length }
  return editScript(matches, length, { offset: countLines(before, prefix), exact })
}

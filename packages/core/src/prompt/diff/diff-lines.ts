import { diffPieces } from './diff-pieces.ts'
import { differingLines } from './differing-lines.ts'
import type { EditScript } from './edit.ts'
import { finish } from './sequence.ts'

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
export function diffLines(before: string, after: string, { maxWork = defaultMaxWork }: DiffOptions = {}): EditScript {
  return finish(diffPieces(differingLines(before, after), maxWork))
}

/** As `diffLines`, letting the event loop turn in between. Rejects with the signal's reason when it aborts. */
export async function diffLinesAsync(
  before: string,
  after: string,
  { signal, maxWork = defaultMaxWork }: DiffOptions & { signal?: AbortSignal } = {},
): Promise<EditScript> {
  const steps = diffPieces(differingLines(before, after), maxWork)
  for (;;) {
    signal?.throwIfAborted()
    const step = steps.next()
    if (step.done) return step.value
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
}

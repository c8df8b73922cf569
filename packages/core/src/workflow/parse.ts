import { canonicalWorkflow } from './canonical.ts'
import { errorAt } from './diagnostic.ts'
import type { Diagnostic } from './document-schema.ts'
import { Workflow } from './document-schema.ts'
import { keysAt } from './key-schema.ts'
import { copyPlainJson } from './plain-json.ts'
import type { RepairedWorkflow } from './repair.ts'
import { repairWorkflow } from './repair.ts'
import { plainJsonDiagnostic, shapeDiagnostics } from './shape-diagnostic.ts'

export type ParseResult = { ok: true; workflow: Workflow } | { ok: false; diagnostics: Diagnostic[] }

/**
 * Reads a workflow document from a JSON value (not from its text). Checks the shape only; what the workflow means is
 * `validateWorkflow`'s part. The answer shares nothing with the value, has its keys in canonical order and no defaults
 * written out, and of a condition's targets and edges the missing one is filled in from the other.
 * Never throws, whatever the value is: every fault is a diagnostic with a JSON pointer to it.
 */
export function parseWorkflow(json: unknown): ParseResult {
  const read = readWorkflow(json)
  return read.ok ? read : { ok: false, diagnostics: read.diagnostics }
}

export type ReadResult =
  | { ok: true; workflow: Workflow }
  | { ok: false; diagnostics: Diagnostic[]; repaired(): RepairedWorkflow | null }

/** As `parseWorkflow`; of a document with faulty shape also what can be judged of it all the same. */
export function readWorkflow(json: unknown): ReadResult {
  const document = readDocument(json)
  if (!document.ok) return { ...document, repaired: () => null }
  const parsed = Workflow.safeParse(document.value)
  if (parsed.success) return { ok: true, workflow: canonicalWorkflow(parsed.data) }
  return {
    ok: false,
    diagnostics: shapeDiagnostics(document.value, parsed.error.issues, keysAt),
    repaired: () => {
      const repaired = repairWorkflow(document.value, (value) => Workflow.safeParse(value))
      return repaired && { ...repaired, workflow: canonicalWorkflow(repaired.workflow) }
    },
  }
}

function readDocument(json: unknown): { ok: true; value: unknown } | { ok: false; diagnostics: Diagnostic[] } {
  try {
    const copied = copyPlainJson(json)
    return copied.ok ? copied : { ok: false, diagnostics: [plainJsonDiagnostic(copied.fault)] }
  } catch (error) {
    // A getter or a proxy inside the value threw.
    const reason = error instanceof Error ? error.message : 'a getter threw'
    const message = `The workflow could not be read: ${reason}.`
    return {
      ok: false,
      diagnostics: [errorAt({ nodeId: null, path: [] }, 'not_json', message, 'Use plain JSON data.')],
    }
  }
}

/** One move of a ref, as the ref log keeps it. */
export interface RefMove {
  kind: 'branch' | 'tag' | 'label'
  name: string
  /** Null where the ref was removed. */
  newVersionId: string | null
  /** ISO 8601. */
  at: string
}

/** The version that a label pointed at at a time (ISO 8601); null when it did not exist then. The log is in the order of its moves. */
export function liveAt(refLog: readonly RefMove[], label: string, time: string): string | null {
  const until = Date.parse(time)
  const move = refLog.findLast(({ kind, name, at }) => kind === 'label' && name === label && Date.parse(at) <= until)
  return move?.newVersionId ?? null
}

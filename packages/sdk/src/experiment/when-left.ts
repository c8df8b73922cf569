interface Host {
  addEventListener?(name: string, listener: () => void): void
  removeEventListener?(name: string, listener: () => void): void
  process?: { on?(name: string, listener: () => void): void; off?(name: string, listener: () => void): void }
}

/** Calls back when a page is left, hidden or shown again, and when a Node process has nothing more to do; until what it gives is called. */
export function whenLeft(callBack: () => void): () => void {
  const host = globalThis as Host
  const pageEvents = ['pagehide', 'visibilitychange']
  for (const name of pageEvents) host.addEventListener?.(name, callBack)
  host.process?.on?.('beforeExit', callBack)
  return () => {
    for (const name of pageEvents) host.removeEventListener?.(name, callBack)
    host.process?.off?.('beforeExit', callBack)
  }
}

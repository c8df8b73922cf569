import { List } from './page.ts'

/** Loads when it is first asked to, and once; anew, where that has failed. */
export function loadOnce<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let loading: Promise<Value> | undefined
  return () => {
    loading ??= load().catch((error) => {
      loading = undefined
      throw error
    })
    return loading
  }
}

/** Of each method of a room, whether it gives a list or a promise. */
type Methods<Room> = {
  [Name in keyof Room]: Room[Name] extends (...args: never[]) => List<unknown> ? 'list' : 'call'
}

/**
 * A room that is there, and whose code is loaded when one of its methods is first called: the entry stays small for those
 * who never do. A call fails like any other where the code can't be loaded, as in a page that has gone offline.
 */
export function lateRoom<Room extends object>(load: () => Promise<Room>, methods: Methods<Room>): Room {
  const room = loadOnce(load) as () => Promise<Record<string, (...args: unknown[]) => unknown>>
  const late = Object.entries(methods).map(([name, kind]) => {
    const call = async (...args: unknown[]) => (await room())[name]!(...args)
    const list = (...args: unknown[]) =>
      new List(async (cursor) => ((await call(...args)) as List<unknown>).page(cursor))
    return [name, kind === 'list' ? list : call]
  })
  return Object.fromEntries(late)
}

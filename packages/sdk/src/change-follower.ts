import { releaseProcess } from './background.ts'
import { backgroundTask } from './background-task.ts'
import type { Connection } from './connection.ts'
import type { Surroundings } from './retry.ts'

/** A server that is silent for so long, although it has a heartbeat every 15 s, is dead. */
const silenceMs = 45_000
/** Until the next connection, when the server has ended one. */
const pauseMs = 1_000

/** Follows a stream of changes, from when it is started until it is closed, over any number of connections. */
export interface ChangeFollower {
  start(): void
  close(): void
}

/**
 * `listen` is asked for each connection, and what it gives is told the text that comes, in any pieces. A control plane that
 * is away is tried again as `backgroundTask` does.
 */
export function changeFollower(
  connection: Connection,
  path: string,
  surroundings: Pick<Surroundings, 'now' | 'random' | 'after'>,
  { listen, complain }: { listen: () => (text: string) => void; complain: (error: Error) => void },
): ChangeFollower {
  const closing = new AbortController()
  let isStarted = false
  const task = backgroundTask(
    async (goesWell) => {
      const silence = new AbortController()
      const silent = () => silence.abort(new Error(`nothing came for ${silenceMs} ms`))
      let stop = surroundings.after(silenceMs, silent)
      try {
        const signal = AbortSignal.any([closing.signal, silence.signal])
        const response = await connection.open({ method: 'GET', path }, signal)
        if (!response) return
        const hear = listen()
        // As a stream, since a character may come in two pieces.
        const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
        for (;;) {
          const { value, done } = await reader.read()
          stop()
          if (done) break
          stop = surroundings.after(silenceMs, silent)
          hear(value)
          goesWell()
        }
      } finally {
        stop()
        silence.abort()
      }
      task.runIn(pauseMs * (1 + surroundings.random()))
    },
    complain,
    surroundings,
  )
  return {
    start() {
      if (isStarted) return
      isStarted = true
      releaseProcess(path)
      void task.run()
    },
    close() {
      isStarted = true
      task.stop()
      closing.abort()
    },
  }
}

import type { experimentEndpoints, TestConfiguration } from '@fairlead/core/experiment'
import { backgroundTask } from '../background-task.ts'
import { changeFollower } from '../change-follower.ts'
import type { Connection } from '../connection.ts'
import { tagOf } from '../connection.ts'
import type { Surroundings } from '../retry.ts'

type Endpoints = typeof experimentEndpoints
// Written out, since the endpoints' data is larger than all of this.
const path = '/ab-test-configuration' satisfies Endpoints['getAbTestConfiguration']['path']
const changesPath = '/ab-test-changes' satisfies Endpoints['streamAbTestChanges']['path']

const timeoutMs = 10_000
/** Spreads over many processes what they all do when a test changes. */
const spreadMs = 100

interface ConfigurationSource {
  fetch(): Promise<void>
  follow(): void
  close(): void
}

/**
 * Fetches the configuration of an organization's tests, and again whenever a change is heard of. What can't be fetched is
 * tried again, ever more rarely; so is it each time that the stream of changes does not come through.
 */
export function configurationSource(
  connection: Connection,
  surroundings: Pick<Surroundings, 'now' | 'random' | 'after'>,
  { take, complain }: { take: (said: TestConfiguration | null) => void; complain: (error: Error) => void },
): ConfigurationSource {
  let etag = ''
  let isOutdated = false
  const task = backgroundTask(
    async () => {
      isOutdated = false
      const headers: Record<string, string> = etag ? { 'If-None-Match': `"${etag}"` } : {}
      const response = await connection.send({ method: 'GET', path, headers }, AbortSignal.timeout(timeoutMs))
      take(response.status === 304 ? null : ((await response.json()) as TestConfiguration))
      etag = tagOf(response) || etag
      // It may have been read before something changed that was heard of meanwhile.
      if (isOutdated) task.runIn(0)
    },
    complain,
    surroundings,
  )
  const soon = () => {
    isOutdated = true
    task.runIn(surroundings.random() * spreadMs)
  }
  const follower = changeFollower(connection, changesPath, surroundings, {
    // Whatever is said says that something may have changed; a heartbeat is a comment.
    listen() {
      let last = ''
      return (text) => {
        // A line may come in two pieces.
        const heard = last + text
        if (/^data/m.test(heard)) soon()
        last = heard.slice(-4)
      }
    },
    complain(error) {
      complain(error)
      soon()
    },
  })
  return {
    fetch: task.run,
    follow: follower.start,
    close() {
      task.stop()
      follower.close()
    },
  }
}

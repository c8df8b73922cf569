import { FairleadError } from '@fairlead/core/base'
import type { DatabaseLogger } from './logger.ts'
import { currentScope, outsideScope } from './scope.ts'
import type { Backend, Messenger, Notification } from './session.ts'

/** What a subscriber hears when notifications may have been lost: it must read again what it follows. */
export const resyncPayload = 'resync'

const coalesceMs = 20
const retryMs = 500
/** Postgres refuses payloads of 8,000 bytes and more. */
const maxPayloadBytes = 7_999
const maxPending = 10_000

type Subscriber = (payload: string) => void

/**
 * Sends notifications in bundles and hands those that arrive to the subscribers. Equal ones that are waiting are sent
 * once; the first after a quiet time goes at once, the next follow at most 20 ms later. What can't be sent waits for the
 * database to come back; when too much waits, it shrinks to one resync per channel.
 */
export class Announcer {
  readonly #messenger: Messenger
  readonly #logger: DatabaseLogger
  readonly #subscribers = new Map<string, Set<Subscriber>>()
  #pending = new Map<string, Notification>()
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #lastSentAt = Number.NEGATIVE_INFINITY
  #isClosed = false

  constructor(backend: Pick<Backend, 'openMessenger'>, logger: DatabaseLogger) {
    this.#logger = logger
    this.#messenger = backend.openMessenger({
      onNotification: (notification) => this.#deliver(notification),
      onReconnect: () => this.#resync(),
    })
  }

  /** Inside a scope it waits for the commit, and a rollback takes it back: nobody hears of rows that are not there. */
  notify(channel: string, payload: string): void {
    checkChannel(channel)
    if (Buffer.byteLength(payload) > maxPayloadBytes) {
      throw new FairleadError(
        'database.payload_too_long',
        `A notification carries ids, not ${payload.length} characters.`,
      )
    }
    const scope = currentScope()
    if (scope) scope.onCommit(() => this.#enqueue({ channel, payload }))
    else this.#enqueue({ channel, payload })
  }

  async listen(channel: string, onPayload: Subscriber): Promise<() => Promise<void>> {
    checkChannel(channel)
    const subscribers = this.#subscribers.get(channel) ?? new Set()
    // A subscriber of its own even when the same function listens twice.
    const subscriber: Subscriber = (payload) => onPayload(payload)
    subscribers.add(subscriber)
    this.#subscribers.set(channel, subscribers)
    const stop = async () => {
      if (!subscribers.delete(subscriber) || subscribers.size > 0) return
      this.#subscribers.delete(channel)
      await this.#messenger.unsubscribe(channel)
    }
    try {
      await outsideScope(() => this.#messenger.subscribe(channel))
    } catch (error) {
      subscribers.delete(subscriber)
      throw error
    }
    return stop
  }

  /** Sends what is waiting, as far as the database can be reached; what comes later is dropped. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#sending
    await this.#send()
    this.#subscribers.clear()
    await this.#messenger.close()
  }

  #resync(): void {
    for (const channel of this.#subscribers.keys()) this.#deliver({ channel, payload: resyncPayload })
  }

  #deliver({ channel, payload }: Notification): void {
    for (const subscriber of this.#subscribers.get(channel) ?? []) {
      try {
        subscriber(payload)
      } catch (error) {
        this.#logger.error({ err: error, channel }, 'A subscriber of a notification failed')
      }
    }
  }

  #enqueue(notification: Notification): void {
    if (this.#isClosed) return
    this.#pending.set(`${notification.channel} ${notification.payload}`, notification)
    if (this.#pending.size > maxPending) this.#pending = shrink(this.#pending)
    this.#schedule(this.#lastSentAt + coalesceMs - performance.now())
  }

  #schedule(waitMs: number): void {
    if (this.#timer || this.#sending || this.#isClosed) return
    this.#timer = outsideScope(() => setTimeout(() => this.#sendSoon(), Math.max(0, waitMs)))
  }

  #sendSoon(): void {
    this.#timer = undefined
    this.#sending = this.#send().then((sent) => {
      this.#sending = undefined
      if (this.#pending.size > 0) this.#schedule(sent ? coalesceMs : retryMs)
    })
  }

  /** Never rejects; what could not be sent waits again, behind what has come since. */
  async #send(): Promise<boolean> {
    const batch = this.#pending
    if (batch.size === 0) return true
    this.#pending = new Map()
    this.#lastSentAt = performance.now()
    try {
      await this.#messenger.publish([...batch.values()])
      return true
    } catch (error) {
      this.#logger.warn({ err: error, waiting: batch.size }, 'Notifications could not be sent yet')
      for (const [key, notification] of batch) this.#pending.set(key, notification)
      if (this.#pending.size > maxPending) this.#pending = shrink(this.#pending)
      return false
    }
  }
}

function shrink(pending: Map<string, Notification>): Map<string, Notification> {
  const channels = new Set([...pending.values()].map(({ channel }) => channel))
  return new Map([...channels].map((channel) => [channel, { channel, payload: resyncPayload }]))
}

function checkChannel(channel: string): void {
  if (/^[a-z][a-z0-9_]{0,62}$/.test(channel)) return
  throw new FairleadError(
    'database.invalid_channel',
    `"${channel}" is no channel: lower-case letters, digits and "_", at most 63.`,
  )
}

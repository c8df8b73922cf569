/** One message of an event stream. */
export interface StreamMessage {
  /** The last event id that was set up to this message; empty before the first. */
  id: string
  event: string
  data: string
}

/**
 * Reads server-sent events (WHATWG HTML §9.2) from text that comes in any pieces. What has no blank line behind it when
 * the stream ends is not a message, and is dropped.
 */
export class EventStreamParser {
  /** The reconnection time that the stream last asked for, in ms. */
  retryMs: number | undefined
  #rest = ''
  #afterCarriageReturn = false
  #id = ''
  #event = ''
  #data: string[] = []

  /** The messages that this piece completes. */
  feed(text: string): StreamMessage[] {
    const messages: StreamMessage[] = []
    // A line may end in CR LF, and the two may come in different pieces.
    const begin = this.#afterCarriageReturn && text.startsWith('\n') ? 1 : 0
    if (text !== '') this.#afterCarriageReturn = text.endsWith('\r')
    const lines = (this.#rest + text.slice(begin)).split(/\r\n|\r|\n/)
    this.#rest = lines.pop()!
    for (const line of lines) {
      const message = this.#takeLine(line)
      if (message) messages.push(message)
    }
    return messages
  }

  #takeLine(line: string): StreamMessage | undefined {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    if (colon === 0) return undefined
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
    if (field === 'data') this.#data.push(value)
    else if (field === 'event') this.#event = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value)
    return undefined
  }

  #dispatch(): StreamMessage | undefined {
    const [data, event] = [this.#data, this.#event]
    this.#data = []
    this.#event = ''
    if (data.length === 0) return undefined
    return { id: this.#id, event: event || 'message', data: data.join('\n') }
  }
}

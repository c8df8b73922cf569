import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventStreamParser } from './sse.ts'

function parse(pieces: readonly string[]) {
  const parser = new EventStreamParser()
  return pieces.flatMap((piece) => parser.feed(piece))
}

/** Another author's parser, over the whole text at once. */
function parseElsewhere(text: string) {
  const messages: { id: string; event: string; data: string }[] = []
  let lastId = ''
  const parser = createParser({
    onEvent({ id, event, data }) {
      lastId = id ?? lastId
      messages.push({ id: lastId, event: event ?? 'message', data })
    },
  })
  parser.feed(text)
  return messages
}

/** Cuts a text at the given places. */
function cut(text: string, places: readonly number[]): string[] {
  const ends = [...new Set(places.map((place) => place % (text.length + 1)))].sort((one, other) => one - other)
  return [0, ...ends].map((start, index) => text.slice(start, ends[index] ?? text.length))
}

const ending = fc.constantFrom('\n', '\r\n', '\r')
const word = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '😀', ' ', ':', '{', '0'), maxLength: 6 })
const line = fc.oneof(
  fc
    .tuple(fc.constantFrom('data', 'event', 'dat', 'retry'), fc.constantFrom(':', ': '), word)
    .map((parts) => parts.join('')),
  word.map((text) => `: ${text}`),
  fc.constant('data'),
)
/** Ids stand in messages that have data, since the other parser forgets those of a message that is dropped. */
const message = fc
  .tuple(fc.option(fc.nat()), fc.array(line, { maxLength: 4 }), word, ending)
  .map(([id, lines, data, end]) => {
    const all = [...(id === null ? [] : [`id: ${id}`]), ...lines, `data: ${data}`, '']
    return `${all.join(end)}${end}`
  })

describe('an event stream', () => {
  it('is read as another parser reads it, in whatever pieces it comes', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 8 }), (messages, places) => {
        const text = messages.join('')
        expect(parse(cut(text, places))).toEqual(parseElsewhere(text))
      }),
      { numRuns: 500 },
    )
  })

  it('gives nothing for a message that has not come to its end', () => {
    expect(parse(['id: 1\ndata: one\n\nid: 2\ndata: tw'])).toEqual([{ id: '1', event: 'message', data: 'one' }])
  })

  it('takes CR LF for one line ending also when a piece ends between the two', () => {
    expect(parse(['data: a\r', '\ndata: b\r', '', '\n\r', '\n'])).toEqual([{ id: '', event: 'message', data: 'a\nb' }])
  })

  it('keeps the last id, ignores one with a null character, and remembers the reconnection time', () => {
    const parser = new EventStreamParser()
    const messages = parser.feed('retry: 250\nretry: soon\nid: 7\ndata: a\n\nid: 8\0\ndata: b\n\n')
    expect(messages.map(({ id }) => id)).toEqual(['7', '7'])
    expect(parser.retryMs).toBe(250)
  })
})

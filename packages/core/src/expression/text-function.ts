import { Fault } from './fault.ts'
import type { Frame } from './frame.ts'
import { define, overload, positionKinds } from './function.ts'
import { firstIndex, lastIndex, splitAt } from './search.ts'
import { kind } from './value.ts'

const { string, bool, int, list } = kind

/** Functions of texts: CEL's own and its strings extension. Positions count code points. */
export const textFunctions = [
  define(
    'contains',
    'method',
    overload([string, string], bool, (frame: Frame, text: string, part: string) => {
      frame.spendText(text.length)
      return firstIndex(frame, text, part, 0) >= 0
    }),
  ),
  define(
    'startsWith',
    'method',
    overload(
      [string, string],
      bool,
      search((text, part) => text.startsWith(part)),
    ),
  ),
  define(
    'endsWith',
    'method',
    overload(
      [string, string],
      bool,
      search((text, part) => text.endsWith(part)),
    ),
  ),
  define('trim', 'method', overload([string], string, transform(trim))),
  define('lowerAscii', 'method', overload([string], string, transform(lowerAscii))),
  define('upperAscii', 'method', overload([string], string, transform(upperAscii))),
  define('charAt', 'method', overload([string, positionKinds], string, charAt)),
  define(
    'indexOf',
    'method',
    overload([string, string], int, (frame, text: string, part: string) => indexOf(frame, text, part, 0)),
    overload([string, string, positionKinds], int, indexOf),
  ),
  define(
    'lastIndexOf',
    'method',
    overload([string, string], int, (frame, text: string, part: string) => lastIndexOf(frame, text, part)),
    overload([string, string, positionKinds], int, lastIndexOf),
  ),
  define(
    'substring',
    'method',
    overload([string, positionKinds], string, (frame, text: string, start: number | bigint) =>
      substring(frame, text, start),
    ),
    overload([string, positionKinds, positionKinds], string, substring),
  ),
  define(
    'replace',
    'method',
    overload([string, string, string], string, (frame, text: string, part: string, by: string) =>
      replace(frame, text, part, by, -1),
    ),
    overload([string, string, string, positionKinds], string, replace),
  ),
  define(
    'split',
    'method',
    overload(
      [string, string],
      list,
      (frame, text: string, separator: string) => split(frame, text, separator, -1),
      string,
    ),
    overload([string, string, positionKinds], list, split, string),
  ),
  define(
    'join',
    'method',
    overload([list], string, (frame, items: unknown[]) => join(frame, items, '')),
    overload([list, string], string, join),
  ),
]

function search(find: (text: string, part: string) => boolean) {
  return (frame: Frame, text: string, part: string) => {
    frame.spendText(text.length)
    return find(text, part)
  }
}

function transform(change: (text: string) => string) {
  return (frame: Frame, text: string) => {
    frame.spendText(4 * text.length)
    return change(text)
  }
}

/** The code points with Unicode's property White_Space; `String.prototype.trim` has a slightly different set. */
const whiteSpace = new Set([
  ...[0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006],
  ...[0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000],
])

function trim(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && whiteSpace.has(text.charCodeAt(start))) start++
  while (start < end && whiteSpace.has(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

function upperAscii(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())
}

/** The number of code points. */
export function textSize(frame: Frame, text: string): number {
  frame.spendText(text.length)
  if (!/[\ud800-\udbff]/.test(text)) return text.length
  frame.spendText(3 * text.length)
  let size = text.length
  for (let index = 1; index < text.length; index++) {
    const isPair = text.charCodeAt(index) >> 10 === 0x37 && text.charCodeAt(index - 1) >> 10 === 0x36
    if (isPair) size--
  }
  return size
}

/** The UTF-16 offset of a code point's position; throws a fault beyond the text. */
function offsetOf(frame: Frame, text: string, position: number | bigint): number {
  const wanted = Number(position)
  const size = textSize(frame, text)
  if (!Number.isInteger(wanted) || wanted < 0 || wanted > size) {
    throw new Fault(
      `The text has ${size} characters and no position ${position}.`,
      'Positions count from 0; test size() before.',
    )
  }
  if (size === text.length) return wanted
  let offset = 0
  for (let passed = 0; passed < wanted; passed++) offset += text.codePointAt(offset)! > 0xffff ? 2 : 1
  return offset
}

function positionOf(frame: Frame, text: string, offset: number): bigint {
  return BigInt(offset < 0 ? -1 : textSize(frame, text.slice(0, offset)))
}

function charAt(frame: Frame, text: string, position: number | bigint): string {
  const offset = offsetOf(frame, text, position)
  return offset === text.length ? '' : String.fromCodePoint(text.codePointAt(offset)!)
}

function indexOf(frame: Frame, text: string, part: string, from: number | bigint): bigint {
  frame.spendText(text.length)
  return positionOf(frame, text, firstIndex(frame, text, part, offsetOf(frame, text, from)))
}

function lastIndexOf(frame: Frame, text: string, part: string, from?: number | bigint): bigint {
  frame.spendText(text.length)
  const start = from === undefined ? text.length : offsetOf(frame, text, from)
  return positionOf(frame, text, lastIndex(frame, text, part, start))
}

function substring(frame: Frame, text: string, start: number | bigint, end?: number | bigint): string {
  const from = offsetOf(frame, text, start)
  const to = end === undefined ? text.length : offsetOf(frame, text, end)
  if (from <= to) return text.slice(from, to)
  throw new Fault(`A part can't start at ${start} and end at ${end}.`)
}

/** A limit below 0 is none. */
function replace(frame: Frame, text: string, part: string, by: string, limit: number | bigint): string {
  const pieces = split(frame, text, part, Number(limit) < 0 ? -1 : Number(limit) + 1)
  // Between characters there is also the place before the first and after the last.
  if (part === '' && pieces.length > 0) return replaceNothing(frame, text, by, Number(limit))
  return join(frame, pieces, by)
}

function replaceNothing(frame: Frame, text: string, by: string, limit: number): string {
  const pieces = ['', ...Array.from(text), '']
  const places = limit < 0 ? pieces.length - 1 : Math.min(limit, pieces.length - 1)
  return join(frame, pieces.slice(0, places + 1), by) + pieces.slice(places + 1).join('')
}

function split(frame: Frame, text: string, separator: string, limit: number | bigint): string[] {
  frame.spendText(4 * text.length)
  const most = Number(limit)
  if (most === 0) return []
  const pieces = separator === '' ? Array.from(text) : splitAt(frame, text, separator)
  frame.spendItems(pieces.length)
  if (most < 0 || pieces.length <= most) return pieces
  return [...pieces.slice(0, most - 1), pieces.slice(most - 1).join(separator)]
}

function join(frame: Frame, items: readonly unknown[], separator: string): string {
  frame.spendItems(items.length)
  let length = separator.length * items.length
  for (const item of items) {
    if (typeof item !== 'string')
      throw new Fault(
        'join() takes a list of texts.',
        'Turn the items into text: items.map(item, string(item)).join(", ")',
      )
    length += item.length
  }
  frame.spendText(length)
  return items.join(separator)
}

import type { Author } from '../commit.ts'

// What git can't hold in a name or an address, and the sign that says so.
const unsafe = /[%<>\n\0]|^\s+|\s+$/g

/** A name or an address as git takes it; `%` and two hex digits stand for what git would drop. */
export function encodeIdentity({ name, email }: Author): string {
  return `${encodeText(name)} <${encodeText(email)}>`
}

/** Of a line such as `A <a@example.com> 1700000000 +0000` the author and the time. */
export function decodeIdentity(line: string, { isOurs }: { isOurs: boolean }): { author: Author; time: number } | null {
  const [, name = '', email = '', time = ''] = /^(.*?) ?<([^>]*)> (-?\d+) [+-]\d{4}$/s.exec(line) ?? []
  if (time === '') return null
  const decoded = isOurs ? { name: decodeText(name), email: decodeText(email) } : { name, email }
  return { author: decoded, time: Number(time) }
}

function encodeText(text: string): string {
  return text.replace(unsafe, (found) => [...found].map(percentEncoded).join(''))
}

function percentEncoded(character: string): string {
  return [...new TextEncoder().encode(character)]
    .map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`)
    .join('')
}

function decodeText(text: string): string {
  return text.replace(/(?:%[0-9A-F]{2})+/g, (found) => {
    const bytes = Uint8Array.from(found.slice(1).split('%'), (hex) => Number.parseInt(hex, 16))
    return new TextDecoder().decode(bytes)
  })
}

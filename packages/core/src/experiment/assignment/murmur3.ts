/**
 * MurmurHash3 x86_32 of a text's UTF-8 or of bytes, as an unsigned 32-bit number; the seed is one, too (Appleby,
 * smhasher). Never throws.
 */
export function murmur3(input: string | Uint8Array, seed = 0): number {
  if (typeof input !== 'string') return hashBytes(input, seed)
  // Almost all ids are ASCII, and their characters are their bytes: hashing them as they stand saves encoding them.
  return hashCodes(input, seed, 127) ?? hashBytes(new TextEncoder().encode(input), seed)
}

function hashBytes(bytes: Uint8Array, seed: number): number {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return hashCodes(text, seed, 255)!
}

/** The hash of the bytes that a text's characters stand for; undefined when one of them is above `most` and stands for none. */
function hashCodes(text: string, seed: number, most: 127 | 255): number | undefined {
  const blocks = text.length & ~3
  let hash = seed | 0
  let seen = 0
  let block = 0
  let at = 0
  for (; at < blocks; at += 4) {
    const a = text.charCodeAt(at)
    const b = text.charCodeAt(at + 1)
    const c = text.charCodeAt(at + 2)
    const d = text.charCodeAt(at + 3)
    seen |= a | b | c | d
    hash ^= scramble(a | (b << 8) | (c << 16) | (d << 24))
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  for (let shift = 0; at < text.length; at++, shift += 8) {
    const byte = text.charCodeAt(at)
    seen |= byte
    block |= byte << shift
  }
  return seen > most ? undefined : mix(hash ^ scramble(block) ^ text.length)
}

/** Spreads the bits of a 32-bit number over all of its bits; the last step of MurmurHash3. */
export function mix(bits: number): number {
  let hash = bits
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scramble(block: number): number {
  const product = Math.imul(block, 0xcc9e2d51)
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593)
}

import murmurHash3 from 'murmurhash3js-revisited'

const library: { x86: { hash32(bytes: Uint8Array, seed: number): number }; inputValidation?: boolean } = murmurHash3

/**
 * MurmurHash3 x86_32 of a text's UTF-8 or of bytes, as an unsigned 32-bit number; the seed is one, too (Appleby,
 * smhasher). Never throws.
 */
export function murmur3(input: string | Uint8Array, seed = 0): number {
  if (typeof input !== 'string') return hashBytes(input, seed)
  const blocks = input.length & ~3
  let hash = seed | 0
  let seen = 0
  let block = 0
  let at = 0
  // Almost all ids are ASCII, and their characters are their bytes: hashing them as they stand saves encoding them.
  for (; at < blocks; at += 4) {
    const a = input.charCodeAt(at)
    const b = input.charCodeAt(at + 1)
    const c = input.charCodeAt(at + 2)
    const d = input.charCodeAt(at + 3)
    seen |= a | b | c | d
    hash ^= scramble(a | (b << 8) | (c << 16) | (d << 24))
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  for (let shift = 0; at < input.length; at++, shift += 8) {
    const byte = input.charCodeAt(at)
    seen |= byte
    block |= byte << shift
  }
  if (seen > 127) return hashBytes(new TextEncoder().encode(input), seed)
  return mix(hash ^ scramble(block) ^ input.length)
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

function hashBytes(bytes: Uint8Array, seed: number): number {
  // Validation takes most of the library's time, and these are bytes by their type; others may rely on it.
  const validation = library.inputValidation
  library.inputValidation = false
  const hash = library.x86.hash32(bytes, seed)
  library.inputValidation = validation ?? true
  return hash
}

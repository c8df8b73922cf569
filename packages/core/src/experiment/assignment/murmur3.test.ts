import fc from 'fast-check'
import murmurHash3 from 'murmurhash3js-revisited'
import { expect, test } from 'vitest'
import { murmur3 } from './murmur3.ts'

const reference = (input: string, seed: number) => murmurHash3.x86.hash32(new TextEncoder().encode(input), seed)

test.each([
  ['', 0, 0],
  ['', 1, 0x514e28b7],
  ['', 0xffffffff, 0x81f16f39],
  ['test', 0, 0xba6bd213],
  ['test', 0x9747b28c, 0x704b81dc],
  ['Hello, world!', 0, 0xc0363e43],
  ['Hello, world!', 0x9747b28c, 0x24884cba],
  ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
  ['ππππππππ', 0x9747b28c, 0xd58063c1],
])('the hash of %j with seed %d', (input, seed, hash) => {
  expect(murmur3(input, seed)).toBe(hash)
  expect(murmur3(new TextEncoder().encode(input), seed)).toBe(hash)
})

test('bytes are hashed as bytes, and an empty block is not the same as none', () => {
  expect(murmur3(Uint8Array.of(0xff, 0xff, 0xff, 0xff))).toBe(0x76293b50)
  expect(murmur3(Uint8Array.of(0, 0, 0, 0))).toBe(0x2362f9de)
  expect(murmur3(Uint8Array.of(0, 0, 0))).toBe(0x85f0b427)
})

test('any text has the hash that the library gives its UTF-8', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary-ascii', maxLength: 70 }),
    fc.string({ unit: 'binary', maxLength: 30 }),
  )
  fc.assert(
    fc.property(text, fc.nat(0xffffffff), (input, seed) => {
      expect(murmur3(input, seed)).toBe(reference(input, seed))
    }),
    { numRuns: 500 },
  )
})

test('half a character is hashed as the replacement character, as text encoders have it', () => {
  expect(murmur3('\ud800', 7)).toBe(murmur3('\ufffd', 7))
})

test('any bytes have the hash that the library gives them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(0xffffffff), (bytes, seed) => {
      expect(murmur3(bytes, seed)).toBe(murmurHash3.x86.hash32(bytes, seed))
    }),
    { numRuns: 500 },
  )
})

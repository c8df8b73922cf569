import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** The parts of a key's text, `fl_<environment>_<id>_<secret>`. */
export interface ApiKeyText {
  environment: 'live' | 'test'
  id: string
  secret: string
}

const pattern = /^fl_(live|test)_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_([0-9A-Za-z]{43})$/

/** A key as its holder sends it. The id is its UUID without dashes. */
export function formatApiKey({ environment, id, secret }: ApiKeyText): string {
  return `fl_${environment}_${id.replaceAll('-', '')}_${secret}`
}

/** The parts of a key, null for any other text. */
export function parseApiKey(text: string): ApiKeyText | null {
  const match = pattern.exec(text)
  if (!match) return null
  const [, environment, ...rest] = match
  const secret = rest.pop()!
  return { environment: environment as ApiKeyText['environment'], id: rest.join('-'), secret }
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const secretLength = 43

/** 256 random bits in 43 letters and digits, which a double click selects as one word. */
export function createSecret(): string {
  let number = BigInt(`0x${randomBytes(32).toString('hex')}`)
  let text = ''
  while (text.length < secretLength) {
    text = alphabet[Number(number % 62n)] + text
    number /= 62n
  }
  return text
}

/** What is stored of a secret. One round suffices: 256 random bits can't be guessed, however fast the hash is. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

/** Compares without telling by its time how much of the hash was right. */
export function isSecretOf(secret: string, hash: Uint8Array): boolean {
  return hash.length === 32 && timingSafeEqual(hashSecret(secret), hash)
}

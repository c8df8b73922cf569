/** 128 random bits as text; also in pages that are no secure context, where `crypto.randomUUID` is missing. */
export function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}

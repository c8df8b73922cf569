import type { Request } from 'express'
import { checkParsedBody, parseJsonBody } from './json-body.ts'
import { problem } from './problem.ts'

export interface BodyLimits {
  maxBytes: number
  timeoutMs: number
}

/** How long a client may go on sending a body that nobody reads, so that it gets to see the answer. */
const lingerMs = 2_000

/**
 * The parsed JSON body of a request; undefined when there is none. Type and announced length are checked before a byte
 * is read, and reading stops at the limit. Throws 413, 415, 408 or 400 problems. A body that the host application has
 * read already is taken as parsed.
 */
export async function readJsonBody(request: Request, limits: BodyLimits): Promise<unknown> {
  refuseAnnouncedLength(request, limits)
  if (request.body !== undefined) {
    checkParsedBody(request.body)
    return request.body
  }
  if (!hasBody(request)) return undefined
  refuseOtherTypes(request)
  const bytes = await readBytes(request, limits)
  return bytes.length === 0 ? undefined : parseJsonBody(bytes)
}

/** Throws `http.body_too_large` for a body that says that it is longer than the limit, also where none is read. */
export function refuseAnnouncedLength(request: Request, { maxBytes }: Pick<BodyLimits, 'maxBytes'>): void {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
}

/**
 * What is left of a body once the answer is out is thrown away unseen for a moment; then the connection is cut. Cutting
 * it at once would reset the connection before the client has read the answer.
 */
export function discardBody(request: Request): void {
  if (request.complete || !hasBody(request)) return
  request.resume()
  const timer = setTimeout(() => request.destroy(), lingerMs).unref()
  request.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer))
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function refuseOtherTypes(request: Request): void {
  const type = request.headers['content-type'] ?? ''
  const [media = '', ...parameters] = type
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '')
  const isJson = media === 'application/json' || /^application\/[\w.+-]+\+json$/.test(media)
  if (!isJson || (charset !== undefined && charset !== 'utf-8')) {
    const found = type === '' ? 'no Content-Type' : `"${type}"`
    throw problem('http.unsupported_media_type', `The body came with ${found}. Send application/json in UTF-8.`, {
      headers: { Accept: 'application/json' },
    })
  }
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') {
    throw problem('http.unsupported_media_type', `The body is encoded as "${encoding}". Send it uncompressed.`, {
      headers: { 'Accept-Encoding': 'identity' },
    })
  }
}

async function readBytes(request: Request, { maxBytes, timeoutMs }: BodyLimits): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const timer = setTimeout(() => {
    reject(
      problem('http.body_timeout', `The body did not arrive within ${timeoutMs} ms.`, {
        headers: { Connection: 'close' },
      }),
    )
  }, timeoutMs)
  const onData = (chunk: Buffer) => {
    length += chunk.length
    if (length > maxBytes) reject(tooLarge(maxBytes))
    else chunks.push(chunk)
  }
  const onEnd = () => resolve(Buffer.concat(chunks, length))
  const onClose = () => reject(problem('http.incomplete_body', 'The connection closed before the body was complete.'))
  request.on('data', onData).once('end', onEnd).once('close', onClose).once('error', onClose)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
    request.on('error', ignore)
  }
}

function ignore(): void {}

function tooLarge(maxBytes: number) {
  return problem(
    'http.body_too_large',
    `The body is longer than ${maxBytes} bytes. Send less, or raise the server's limit.`,
    {
      data: { maxBytes },
    },
  )
}

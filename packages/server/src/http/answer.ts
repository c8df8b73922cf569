import type { Endpoint } from '@fairlead/core/base'
import type { EndpointContract } from '@fairlead/core/contract'
import type { Request, Response } from 'express'
import { isNoneMatchMet } from './entity-tag.ts'
import { toProblem } from './problem.ts'

/** What a handler returned, before it is written. */
export interface Answer {
  status: number
  body?: unknown
  etag?: string
  location?: string
  headers?: Record<string, string>
}

/** An answer as it goes out, or is kept for a repetition of its request. */
export interface EncodedAnswer {
  status: number
  headers: Record<string, string>
  /** JSON text, '' for none. */
  body: string
}

/** `baseUrl` is where the API stands, which locations are below. */
export function encodeAnswer(endpoint: Endpoint, baseUrl: string, answer: Answer): EncodedAnswer {
  const { status, body, etag, location, headers } = answer
  const text = body === undefined ? '' : JSON.stringify(body)
  return {
    status,
    body: text,
    headers: {
      'Cache-Control': endpoint.etag && endpoint.method === 'GET' ? 'private, no-cache' : 'no-store',
      ...(text !== '' && { 'Content-Type': 'application/json; charset=utf-8' }),
      ...(etag !== undefined && { ETag: `"${etag}"` }),
      ...(location !== undefined && { Location: `${baseUrl}${location}` }),
      ...headers,
    },
  }
}

/** A failure as the client gets it: problem details, whatever it was. */
export function encodeProblem(error: unknown, request: Request, response: Response): EncodedAnswer {
  const [instance = ''] = request.originalUrl.split('?')
  const { status, headers, body } = toProblem(error, { requestId: requestIdOf(response), instance })
  return {
    status,
    headers: { 'Cache-Control': 'no-store', 'Content-Type': 'application/problem+json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  }
}

/** The id under which this request stands in the log. */
export function requestIdOf(response: Response): string {
  return String(response.locals.requestId)
}

/** Writes an answer out; a client that has the same version already gets 304. */
export function writeAnswer(request: Request, response: Response, { status, headers, body }: EncodedAnswer): void {
  response.set(headers)
  const tag = headers.ETag?.slice(1, -1)
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (isRead && status === 200 && tag !== undefined && isNoneMatchMet(request.get('If-None-Match'), tag)) {
    response.removeHeader('Content-Type')
    response.status(304).end()
    return
  }
  response.status(status)
  if (body !== '') response.set('Content-Length', String(Buffer.byteLength(body)))
  response.end(body)
}

/** Throws when an answer is not what the contract promises: a defect of the handler. */
export function checkAnswer(name: string, { responses }: EndpointContract, { status, body }: EncodedAnswer): void {
  const schema = responses[status]
  if (schema === undefined) throw new Error(`${name} answered ${status}, which its contract does not know.`)
  if (schema === null) {
    if (body !== '') throw new Error(`${name} answered ${status} with a body where its contract has none.`)
    return
  }
  const parsed = schema.safeParse(JSON.parse(body === '' ? 'null' : body))
  if (!parsed.success) throw new Error(`${name} answered what its contract does not allow: ${parsed.error.message}`)
}

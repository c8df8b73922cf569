import type { RequestOf } from '@fairlead/core/contract'
import type { EndpointName } from '@fairlead/core/endpoints'
import { endpoints } from '@fairlead/core/endpoints'

/** A valid request of an endpoint: exactly what its contract takes, and the ETag where one must be sent. */
export type ValidRequest<Name extends EndpointName> = Given<Name, 'params'> &
  Partial<Given<Name, 'query'>> &
  Given<Name, 'body'> &
  PreconditionOf<(typeof endpoints)[Name]> & {
    /** Instead of the organization's own key: for what a person does. */
    credential?: string
  }

type PreconditionOf<Asked> = Asked extends { ifMatch: true }
  ? { ifMatch: string }
  : Asked extends { ifMatch: 'or-none' }
    ? { ifMatch: string | null }
    : object

type Given<
  Name extends EndpointName,
  Part extends 'params' | 'query' | 'body',
> = RequestOf<Name>[Part] extends undefined ? object : { [P in Part]: RequestOf<Name>[Part] }

/** The same with anything in every place, for requests that are wrong on purpose. */
export interface LooseRequest {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
  /** Null asks that there is nothing yet. */
  ifMatch?: string | null
  credential?: string | null
  headers?: Record<string, string>
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** Parsed where it is JSON; undefined for anything else. */
  body: unknown
}

/** Sends a request of an endpoint as JSON over HTTP. Path parameters are percent-encoded. */
export function callEndpoint(apiUrl: string, name: EndpointName, request: LooseRequest): Promise<Answer> {
  const { body, ifMatch, credential } = request
  return send(`${apiUrl}${pathOf(name, request.params)}${queryOf(request.query)}`, {
    method: endpoints[name].method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    headers: {
      ...(typeof credential === 'string' && { Authorization: `Bearer ${credential}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(typeof ifMatch === 'string' && { 'If-Match': ifMatch }),
      ...(ifMatch === null && { 'If-None-Match': '*' }),
      ...request.headers,
    },
  })
}

export async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init)
  const text = await response.text()
  const isJson = /[/+]json/.test(response.headers.get('Content-Type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== '' ? JSON.parse(text) : undefined,
  }
}

export function pathOf(name: EndpointName, params: Record<string, unknown> = {}): string {
  return endpoints[name].path.replaceAll(/:(\w+)/g, (_, parameter) => encodeURIComponent(String(params[parameter])))
}

function queryOf(query: Record<string, unknown> = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((each): [string, string] => [name, String(each)]),
  )
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
}

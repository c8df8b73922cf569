import type { Endpoint } from '@fairlead/core/base'
import type { EndpointContract } from '@fairlead/core/contract'
import type * as z from 'zod'

export type JsonObject = { [key: string]: unknown }
type ToJson = (schema: z.ZodType) => JsonObject

/** One operation of the OpenAPI document. */
export function describeOperation(
  name: string,
  endpoint: Endpoint,
  contract: EndpointContract,
  { requests, answers }: { requests: ToJson; answers: ToJson },
): JsonObject {
  const { body } = contract
  return {
    operationId: name,
    summary: name
      .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
      .replace(/^./, (letter) => letter.toUpperCase()),
    description: describePermission(endpoint),
    parameters: [
      ...parametersOf('path', contract.params, requests),
      ...parametersOf('query', contract.query, requests),
      ...headersOf(endpoint),
    ],
    ...(body && {
      requestBody: {
        required: !body.safeParse(undefined).success,
        content: { 'application/json': { schema: requests(body) } },
      },
    }),
    responses: { ...successes(endpoint, contract, answers), ...failures(endpoint, contract) },
  }
}

function describePermission({ permission, identity }: Endpoint): string {
  if (identity === 'user') return "Takes a person's own token, before they are a member of any organization."
  return permission === null ? 'Takes any valid credential.' : `Needs the permission \`${permission}\`.`
}

function parametersOf(place: 'path' | 'query', schema: z.ZodObject | undefined, toJson: ToJson): JsonObject[] {
  if (!schema) return []
  const { properties, required = [] } = toJson(schema) as {
    properties: Record<string, JsonObject>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }))
}

function headersOf({ method, ifMatch, etag, stream, identity }: Endpoint): JsonObject[] {
  const text = { type: 'string' }
  const header = (name: string, description: string, required = false) => ({
    name,
    in: 'header',
    required,
    description,
    schema: text,
  })
  return [
    ...(ifMatch ? [header('If-Match', 'The ETag of the version that this changes.', ifMatch === true)] : []),
    ...(ifMatch === 'or-none'
      ? [header('If-None-Match', '`*` instead of If-Match, for what must not exist yet.')]
      : []),
    ...(etag && method === 'GET' ? [header('If-None-Match', 'An ETag: 304 when the thing still has it.')] : []),
    ...(stream
      ? [header('Last-Event-ID', 'The id of the last event that was seen; the stream goes on after it.')]
      : []),
    ...(method === 'POST' && identity === undefined ? [idempotencyKey] : []),
  ]
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'A new UUID for each request: a repetition with the same key gets the first answer and changes nothing.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]*$' },
}

function successes(endpoint: Endpoint, { responses }: EndpointContract, toJson: ToJson): JsonObject {
  return Object.fromEntries(
    Object.entries(responses).map(([status, schema]) => [
      status,
      {
        description: descriptions[status] ?? 'The answer.',
        headers: answerHeaders(endpoint, status),
        ...(schema && {
          content: endpoint.stream ? eventStream(toJson(schema)) : { 'application/json': { schema: toJson(schema) } },
        }),
      },
    ]),
  )
}

const descriptions: Record<string, string> = {
  200: 'Done.',
  201: 'Created.',
  202: 'Begun; Location says where to look.',
  204: 'Done; there is nothing to say.',
}

function eventStream(event: JsonObject): JsonObject {
  const description = "Server-sent events: each one's data is one JSON document."
  return {
    'text/event-stream': {
      schema: { type: 'string', description, contentMediaType: 'application/json', contentSchema: event },
    },
  }
}

function answerHeaders({ etag, stream, method }: Endpoint, status: string): JsonObject {
  const text = (description: string) => ({ description, schema: { type: 'string' } })
  return {
    'X-Request-Id': text('The id of this request in the log.'),
    ...(!stream && { RateLimit: text('What is left of each limit, and for how long.') }),
    ...(etag && { ETag: text('The version, for If-Match and If-None-Match.') }),
    ...((status === '201' || status === '202') && { Location: text('Where to look for it, if it has a place.') }),
    ...(method === 'POST' && { 'Idempotency-Replayed': text('`true` when this is the answer to an earlier request.') }),
  }
}

function failures(
  { method, path, permission, ifMatch, etag }: Endpoint,
  { body, query }: EndpointContract,
): JsonObject {
  const isKnown: [status: number, when: boolean][] = [
    [400, body !== undefined || query !== undefined],
    [401, true],
    [403, permission !== null],
    [404, path.includes(':')],
    [409, method === 'POST'],
    [412, ifMatch !== undefined],
    [413, body !== undefined],
    [415, body !== undefined],
    [422, method === 'POST'],
    [428, ifMatch !== undefined],
    [429, true],
    [503, true],
  ]
  const problem = { $ref: '#/components/responses/Problem' }
  return {
    ...(etag && method === 'GET' && { 304: { description: 'Unchanged.' } }),
    ...Object.fromEntries(isKnown.filter(([, when]) => when).map(([status]) => [status, problem])),
    default: problem,
  }
}

import * as analyticsSchemas from '@fairlead/core/analytics/schema'
import type { Endpoint } from '@fairlead/core/base'
import type { EndpointContract } from '@fairlead/core/contract'
import { contract, Problem } from '@fairlead/core/contract'
import type { EndpointName } from '@fairlead/core/endpoints'
import { endpoints } from '@fairlead/core/endpoints'
import * as experimentSchemas from '@fairlead/core/experiment/schema'
import * as promptSchemas from '@fairlead/core/prompt/schema'
import * as tenantSchemas from '@fairlead/core/tenant/schema'
import * as workflowSchemas from '@fairlead/core/workflow/schema'
import * as z from 'zod'
import type { JsonObject } from './openapi-operation.ts'
import { describeOperation } from './openapi-operation.ts'

const rooms = {
  tenant: tenantSchemas,
  workflow: workflowSchemas,
  prompt: promptSchemas,
  experiment: experimentSchemas,
  analytics: analyticsSchemas,
}

/**
 * The OpenAPI 3.1 document of the HTTP API, made from the endpoints and their contracts; the doors' schemas become shared
 * components. The function takes the path that the API is served under.
 */
export function createOpenApi(): (basePath: string) => string {
  let document: JsonObject | undefined
  return (basePath) => {
    document ??= describeApi()
    return JSON.stringify({ ...document, servers: [{ url: basePath }] })
  }
}

function describeApi(): JsonObject {
  const names = Object.keys(endpoints) as EndpointName[]
  const answers = new SchemaSet('output', '')
  // What a client may leave out, an answer always has: the same schema reads differently in a request.
  const requests = new SchemaSet('input', 'Request')
  for (const name of names) {
    const { params, query, body, responses }: EndpointContract = contract[name]
    for (const part of [params, query, body]) if (part) requests.add(part)
    for (const response of Object.values(responses)) if (response) answers.add(response)
  }
  answers.add(Problem)
  const paths: Record<string, JsonObject> = {}
  for (const name of names) {
    const endpoint: Endpoint = endpoints[name]
    const path = endpoint.path.replaceAll(/:(\w+)/g, '{$1}')
    const operation = describeOperation(name, endpoint, contract[name], {
      requests: (schema) => requests.toJson(schema),
      answers: (schema) => answers.toJson(schema),
    })
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: { ...operation, tags: [roomOf(name)] } }
  }
  answers.toJson(Problem)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fairlead',
      version: '1',
      description:
        'Workflows, prompts, model calls and who may use them. The organization is always that of the credential.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    security: [{ bearer: [] }],
    tags: Object.keys(rooms).map((name) => ({ name })),
    paths,
    components: { ...sharedComponents, schemas: { ...requests.components(), ...answers.components() } },
  }
}

const sharedComponents = {
  securitySchemes: {
    bearer: {
      type: 'http',
      scheme: 'bearer',
      description: "An API key (`fl_…`), a person's token from the configured issuer, or a browser token.",
    },
  },
  responses: {
    Problem: {
      description: 'What went wrong, as problem details (RFC 9457).',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  },
}

function roomOf(name: EndpointName): string {
  const contracts: Record<string, object> = {
    tenant: tenantSchemas.tenantContract,
    workflow: workflowSchemas.workflowContract,
    prompt: promptSchemas.promptContract,
    experiment: experimentSchemas.experimentContract,
    analytics: analyticsSchemas.analyticsContract,
  }
  return Object.keys(contracts).find((room) => Object.hasOwn(contracts[room]!, name))!
}

/** Schemas on their way to JSON Schema: those that a door exports by name are referred to, others are written out. */
class SchemaSet {
  readonly #io: 'input' | 'output'
  readonly #registry = z.registry<{ id: string }>()
  readonly #shared = new Set<string>()
  readonly #used = new Set<string>()
  #converted: Record<string, JsonObject> | undefined

  constructor(io: 'input' | 'output', suffix: string) {
    this.#io = io
    for (const [name, value] of [
      ...Object.values(rooms).flatMap(Object.entries<unknown>),
      ['Problem', Problem] as const,
    ]) {
      if (!(value instanceof z.ZodType) || this.#registry.has(value)) continue
      this.#shared.add(name + suffix)
      this.#registry.add(value, { id: name + suffix })
    }
  }

  add(schema: z.ZodType): void {
    if (!this.#registry.has(schema)) this.#registry.add(schema, { id: crypto.randomUUID() })
  }

  /** The JSON Schema of something that was added: a reference if it is shared. */
  toJson(schema: z.ZodType): JsonObject {
    const { id } = this.#registry.get(schema)!
    const json = this.#shared.has(id) ? { $ref: `#/components/schemas/${id}` } : this.#schemas[id]!
    this.#use(json)
    return json
  }

  /** The shared schemas that something was referred to. */
  components(): Record<string, JsonObject> {
    return Object.fromEntries([...this.#used].toSorted().map((id) => [id, this.#schemas[id]!]))
  }

  #use(json: JsonObject): void {
    for (const [, id = ''] of JSON.stringify(json).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (this.#used.has(id)) continue
      this.#used.add(id)
      this.#use(this.#schemas[id]!)
    }
  }

  get #schemas(): Record<string, JsonObject> {
    this.#converted ??= this.#convert()
    return this.#converted
  }

  #convert(): Record<string, JsonObject> {
    const uri = (id: string) => `#/components/schemas/${id}`
    const { schemas } = z.toJSONSchema(this.#registry, { io: this.#io, unrepresentable: 'any', uri })
    return Object.fromEntries(
      Object.entries(schemas).map(([id, { $schema: _schema, $id: _id, ...schema }]) => [id, schema as JsonObject]),
    )
  }
}

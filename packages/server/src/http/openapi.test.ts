import type { EndpointContract } from '@fairlead/core/contract'
import { contract } from '@fairlead/core/contract'
import type { EndpointName } from '@fairlead/core/endpoints'
import { endpoints } from '@fairlead/core/endpoints'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import { createOpenApi } from './openapi.ts'

const document = JSON.parse(createOpenApi()('/api/v1'))

describe('the OpenAPI document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    const result = await validator.validate(structuredClone(document))
    expect(result.errors).toBeUndefined()
    expect(result.valid).toBe(true)
    expect(validator.version).toBe('3.1')
  })

  test('has every endpoint at its path and method, by its name, and nothing else', () => {
    const described = Object.entries<Record<string, { operationId: string }>>(document.paths).flatMap(
      ([path, methods]) =>
        Object.entries(methods).map(([method, { operationId }]) => `${method} ${path} ${operationId}`),
    )
    const known = Object.entries(endpoints).map(([name, { method, path }]) => {
      return `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')} ${name}`
    })
    expect(described.toSorted()).toEqual(known.toSorted())
  })

  test.each(Object.keys(endpoints) as EndpointName[])('says of %s what it takes and what it answers', (name) => {
    const { params, query, body, responses }: EndpointContract = contract[name]
    const operation = operationOf(name)
    const inPlace = (place: string) => operation.parameters.filter((parameter) => parameter.in === place)
    expect(inPlace('path').map((parameter) => parameter.name)).toEqual(Object.keys(params?.shape ?? {}))
    expect(inPlace('path').every((parameter) => parameter.required)).toBe(true)
    expect(inPlace('query').map((parameter) => parameter.name)).toEqual(Object.keys(query?.shape ?? {}))
    expect('requestBody' in operation).toBe(body !== undefined)
    for (const [status, answer] of Object.entries(responses)) {
      expect(operation.responses[status]!.content !== undefined).toBe(answer !== null)
    }
    expect(operation.responses.default).toEqual({ $ref: '#/components/responses/Problem' })
  })

  test('refers to nothing that is not there, and holds nothing that nobody refers to', () => {
    const text = JSON.stringify(document)
    const referred = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name!)
    expect([...new Set(referred)].toSorted()).toEqual(Object.keys(document.components.schemas).toSorted())
  })

  test('asks for If-Match where it is required', () => {
    for (const [name, endpoint] of Object.entries(endpoints)) {
      const operation = operationOf(name as EndpointName)
      const header = operation.parameters.find((parameter) => parameter.name === 'If-Match')
      expect(header?.required ?? false).toBe('ifMatch' in endpoint && endpoint.ifMatch === true)
    }
  })

  test('says of positions from what they are counted', () => {
    const found: string[] = []
    JSON.stringify(document, (key, value) => {
      const isSchema = value?.type !== undefined && ['line', 'lane', 'edits'].includes(key)
      if (isSchema) found.push(`${key}: ${value.description}`)
      return value
    })
    expect(new Set(found.map((said) => said.split(':')[0]))).toEqual(new Set(['line', 'lane', 'edits']))
    for (const said of found) expect(said).toMatch(/counted from 0|the first line is 0/)
  })

  test('says for a request what may be left out and for an answer that it is there', () => {
    const key = operationOf('createKey')
    expect(key.requestBody.content['application/json'].schema.required).toEqual(['name', 'scopes'])
    expect(document.components.schemas.NewApiKey.required).toContain('environment')
  })
})

interface Operation {
  operationId: string
  parameters: { name: string; in: string; required: boolean }[]
  responses: Record<string, { content?: object }>
  requestBody: { content: { 'application/json': { schema: { required: string[] } } } }
}

function operationOf(name: EndpointName): Operation {
  const path = endpoints[name].path.replaceAll(/:(\w+)/g, '{$1}')
  return document.paths[path][endpoints[name].method.toLowerCase()]
}

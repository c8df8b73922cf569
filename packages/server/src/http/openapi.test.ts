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

  test('has every endpoint, by its name', () => {
    const operations = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap(Object.values)
    expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(Object.keys(endpoints).toSorted())
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
      expect(header?.required ?? false).toBe('ifMatch' in endpoint)
    }
  })

  test('says for a request what may be left out and for an answer that it is there', () => {
    const key = operationOf('createKey')
    expect(key.requestBody.content['application/json'].schema.required).toEqual(['name', 'scopes'])
    expect(document.components.schemas.NewApiKey.required).toContain('environment')
  })
})

interface Operation {
  operationId: string
  parameters: { name: string; required: boolean }[]
  requestBody: { content: { 'application/json': { schema: { required: string[] } } } }
}

function operationOf(name: EndpointName): Operation {
  const path = endpoints[name].path.replaceAll(/:(\w+)/g, '{$1}')
  return document.paths[path][endpoints[name].method.toLowerCase()]
}

import type * as z from 'zod'
import { analyticsContract } from './analytics/contract-schema.ts'
import type { EndpointName } from './endpoints.ts'
import { experimentContract } from './experiment/contract-schema.ts'
import { promptContract } from './prompt/contract-schema.ts'
import { tenantContract } from './tenant/contract-schema.ts'
import { workflowContract } from './workflow/contract-schema.ts'

export type { EndpointContract } from './base/contract-schema.ts'
export { Problem, RequestFault } from './base/contract-schema.ts'

/** What every endpoint of the HTTP API takes and answers, by name. */
export const contract = {
  ...tenantContract,
  ...workflowContract,
  ...promptContract,
  ...experimentContract,
  ...analyticsContract,
} as const

type Contract = typeof contract
type Part<Name extends EndpointName, Key extends string> = Contract[Name] extends { [key in Key]: infer Schema }
  ? Schema
  : undefined

/** What a client sends to an endpoint. */
export type RequestOf<Name extends EndpointName> = {
  params: InputOf<Part<Name, 'params'>>
  query: InputOf<Part<Name, 'query'>>
  body: InputOf<Part<Name, 'body'>>
}

/** What an endpoint's handler receives: parsed, with defaults filled in. */
export type ParsedRequestOf<Name extends EndpointName> = {
  params: OutputOf<Part<Name, 'params'>>
  query: OutputOf<Part<Name, 'query'>>
  body: OutputOf<Part<Name, 'body'>>
}

/** The body that an endpoint answers with when it succeeds. */
export type ResponseOf<Name extends EndpointName> = OutputOf<
  Contract[Name]['responses'][keyof Contract[Name]['responses']]
>

type InputOf<Schema> = Schema extends z.ZodType ? z.input<Schema> : undefined
type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined

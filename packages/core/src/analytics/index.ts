export { analyticsEndpoints } from './endpoints.ts'
export type { Execution, ModelPrice } from './contract-schema.ts'

export { analyticsContract, Execution, ModelPrice } from './contract-schema.ts'

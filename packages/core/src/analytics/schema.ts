export { analyticsContract, Execution, ModelPrice, Score } from './contract-schema.ts'

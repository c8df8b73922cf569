export type { Execution, ModelPrice, Score } from './contract-schema.ts'
export type { Cost, TokenRates, UsedTokens } from './cost.ts'
export { costOf } from './cost.ts'
export { analyticsEndpoints } from './endpoints.ts'
export type { PricedCall } from './price.ts'
export { priceFor } from './price.ts'
export { builtinPrices } from './price-list.ts'
export {
  addToSketch,
  bucketOf,
  bucketRange,
  createSketch,
  mergeSketches,
  type Sketch,
  sketchCount,
  sketchQuantile,
  subtractSketch,
} from './sketch.ts'
export { decodeSketch, encodeSketch } from './sketch-bytes.ts'

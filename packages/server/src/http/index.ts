export { createApp } from './app.ts'
export { streamChanges } from './change-stream.ts'
export type { PageCursor } from './cursor.ts'
export { pageOf } from './cursor.ts'
export { deriveKey } from './derive-key.ts'
export type { Drain } from './drain.ts'
export { createDrain } from './drain.ts'
export type { Authenticator } from './endpoint-route.ts'
export type {
  HandlerContext,
  Handlers,
  Principal,
  UserIdentity,
} from './handler.ts'
export { createIdempotency } from './idempotency.ts'
export { beat, beginStream, createBell, heartbeatMs } from './live-stream.ts'
export type { HttpMetrics } from './metrics.ts'
export { createMetrics } from './metrics.ts'
export { createOpenApi } from './openapi.ts'
export { problem } from './problem.ts'
export type { RateLimits } from './rate-limit.ts'
export { createRateLimiter } from './rate-limit.ts'
export { checkPart } from './request-fault.ts'
export type { HttpServer } from './server.ts'
export { listen } from './server.ts'

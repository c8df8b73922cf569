export { createAnalyticsRoutes } from './routes.ts'
export type { AnalyticsService, CallPrice, NewExecution } from './service.ts'
export { createAnalyticsService, insertExecutions } from './service.ts'

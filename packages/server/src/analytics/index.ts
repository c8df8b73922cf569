export { createAnalyticsRoutes } from './routes.ts'
export { createAnalyticsService } from './service.ts'

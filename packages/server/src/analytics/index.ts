export { createAnalyticsRoutes } from './routes.ts'
export { ScoreService } from './score-service.ts'
export { createAnalyticsService } from './service.ts'

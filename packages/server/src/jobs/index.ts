export type { Jobs } from './jobs.ts'
export { createJobs } from './jobs.ts'
export { retentionSchedule, runRetention } from './retention.ts'

export type { JobHandler, Jobs, JobsOptions, Schedule } from './jobs.ts'
export { createJobs } from './jobs.ts'
export { retentionSchedule, runRetention } from './retention.ts'

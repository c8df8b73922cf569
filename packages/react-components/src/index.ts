export type { RunView } from './workflow/index.ts'
export { useRunState } from './workflow/index.ts'

export type { RunView } from './run-store.ts'
export { useRunState } from './use-run-state.ts'

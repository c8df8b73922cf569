export type { CursorPosition, PageCursor } from './cursor.ts'
export { pageOf } from './cursor.ts'
export { deriveKey } from './derive-key.ts'
export type { Authenticator } from './endpoint-route.ts'
export type {
  Handler,
  HandlerContext,
  HandlerResult,
  Handlers,
  JsonResult,
  Principal,
  StreamResult,
  UserIdentity,
} from './handler.ts'
export type { ProblemCode } from './problem.ts'
export { HttpProblem, problem } from './problem.ts'

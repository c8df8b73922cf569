import { Problem } from '@fairlead/core/contract'
import { expect } from 'vitest'
import type { Answer } from './call.suite.ts'

/** A frame of a stack trace, a path of the sources, or words of the driver. */
const innards = /\n\s+at |node_modules|\/src\/|\.ts:\d|SQLSTATE|violates|syntax error at or near/i

/**
 * Holds a failure against what every failure promises: problem details with the status of the answer and the request's
 * id, nothing of the server's insides, and never a fault of the server.
 */
export function expectProblem(
  answer: Answer,
  expected: { status?: number | readonly number[]; code?: string } = {},
): Problem {
  const { status, code } = expected
  const seen = `${answer.status} ${answer.text.slice(0, 2_000)}`
  if (status !== undefined) expect([status].flat(), seen).toContain(answer.status)
  expect(answer.status, seen).toBeGreaterThanOrEqual(400)
  expect(answer.status, seen).not.toBe(500)
  expect(answer.headers.get('Content-Type'), seen).toBe('application/problem+json; charset=utf-8')
  expect(answer.text).not.toMatch(innards)
  const problem = Problem.parse(answer.body)
  expect(problem.status).toBe(answer.status)
  expect(problem.requestId).toBe(answer.headers.get('X-Request-Id'))
  expect(problem.detail.length).toBeGreaterThan(10)
  if (code !== undefined) expect(problem.code, seen).toBe(code)
  return problem
}

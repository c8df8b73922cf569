import { interrupt, isGraphInterrupt } from '@langchain/langgraph'
import { FairleadError, validateJson } from '../base/index.ts'
import { parseTemplate, renderTemplate } from '../expression/index.ts'
import type { HumanAnswer, HumanNode, InterruptRequest, PendingInterrupt } from '../workflow/index.ts'
import type { Execution } from './context.ts'
import { lookUp } from './evaluate.ts'
import type { Frame } from './frame.ts'
import { nodeEvent } from './node-event.ts'
import type { PlannedNode } from './plan.ts'

/** What a resume gives: a choice by its id, or choice and values with who gave them. */
export type AnswerInput = string | { choice?: string; values?: unknown; by?: string; at?: string }

/** Stops the run at a human node, or takes the answer that a resume brought. */
export function askHuman(planned: PlannedNode, frame: Frame, execution: Execution, address: string): HumanAnswer {
  const node = planned.node as HumanNode
  const request = requestOf(node, planned, frame, execution)
  const { dueInSeconds, onDue } = node.data.config
  const pending: PendingInterrupt = {
    address,
    nodeId: node.id,
    request,
    ...(dueInSeconds === undefined ? {} : { dueInSeconds }),
    ...(onDue === undefined ? {} : { onDue }),
  }
  let answer: AnswerInput
  try {
    answer = interrupt(pending)
  } catch (error) {
    if (isMissingSaver(error)) throw missingCheckpointer(node.id)
    if (isGraphInterrupt(error)) {
      execution.onQuestion(pending)
      execution.emit(nodeEvent(execution, planned, address, { type: 'node.waiting', request }))
    }
    throw error
  }
  return checkAnswer(request, answer, execution.clock())
}

/**
 * An answer as the value of its node. Throws `run.invalid_answer`, with pointers into the answer, when it does not fit the
 * choices or the form; the question stays open then.
 */
export function checkAnswer(request: InterruptRequest, answer: AnswerInput, now: number): HumanAnswer {
  const given = typeof answer === 'string' ? { choice: answer } : answer
  const errors = faultsOf(request, given)
  if (errors.length > 0) {
    throw new FairleadError('run.invalid_answer', `The answer does not fit the question: ${errors[0]!.message}`, {
      data: { errors },
    })
  }
  return {
    ...(given.choice === undefined ? {} : { choice: given.choice }),
    ...(given.values === undefined ? {} : { values: given.values }),
    by: given.by ?? 'unknown',
    at: given.at ?? new Date(now).toISOString(),
  }
}

function faultsOf({ choices, form }: InterruptRequest, given: Exclude<AnswerInput, string>) {
  const faults: { pointer: string; message: string }[] = []
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return [{ pointer: '', message: 'must be the id of a choice, or an object with "choice" and "values"' }]
  }
  const ids = choices?.map(({ id }) => id) ?? []
  if (choices && !ids.includes(given.choice ?? '')) {
    faults.push({ pointer: '/choice', message: `must be one of ${ids.map((id) => `"${id}"`).join(', ')}` })
  } else if (!choices && given.choice !== undefined) {
    faults.push({ pointer: '/choice', message: 'must be left out: the question has no choices' })
  }
  if (form === undefined) return faults
  for (const { pointer, message } of validateJson(form, given.values ?? null)) {
    faults.push({ pointer: `/values${pointer}`, message })
  }
  return faults
}

function requestOf(node: HumanNode, planned: PlannedNode, frame: Frame, execution: Execution): InterruptRequest {
  const { message, form, choices, assignees, dueInSeconds } = node.data.config
  const values: Record<string, unknown> = {}
  for (const [root] of parseTemplate(message).paths) {
    const value = root === undefined ? undefined : lookUp(root, planned, frame)
    if (root !== undefined && value !== undefined) values[root] = value
  }
  return {
    message: renderTemplate(message, values),
    ...(form === undefined ? {} : { form }),
    ...(choices === undefined ? {} : { choices }),
    ...(assignees === undefined ? {} : { assignees }),
    ...(dueInSeconds === undefined ? {} : { dueAt: new Date(execution.clock() + dueInSeconds * 1000).toISOString() }),
  }
}

function isMissingSaver(error: unknown): boolean {
  return error instanceof Error && /checkpointer/i.test(error.message)
}

function missingCheckpointer(nodeId: string): FairleadError {
  return new FairleadError(
    'workflow.checkpointer_missing',
    `The run has to wait at the human node "${nodeId}", and there is nowhere to keep it. Pass a checkpointer to compileWorkflow (new MemorySaver() to begin with) and a thread_id to invoke.`,
  )
}

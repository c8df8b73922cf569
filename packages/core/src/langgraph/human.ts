import { interrupt, isGraphInterrupt } from '@langchain/langgraph'
import { FairleadError, validateJson } from '../base/index.ts'
import { parseTemplate, renderTemplate } from '../expression/index.ts'
import type { HumanAnswer, HumanNode, InterruptRequest, PendingInterrupt } from '../workflow/index.ts'
import { addressOf } from './address.ts'
import type { Execution } from './context.ts'
import { lookUp } from './evaluate.ts'
import type { Frame } from './frame.ts'
import { nodeEvent } from './node-event.ts'
import type { PlannedNode } from './plan.ts'

/** What a resume gives: a choice by its id, or choice and values with who gave them. */
export type AnswerInput = string | { choice?: string; values?: unknown; by?: string; at?: string }

/** Makes the question of a human node and announces it, unless its answer is on record. */
export function putQuestion(planned: PlannedNode, frame: Frame, execution: Execution): void {
  const address = addressOf(planned, frame)
  if (execution.journal?.read(address)) return
  // A body that was cut off while LangGraph was on the way to here must not ask any more.
  execution.signal?.throwIfAborted()
  const request = requestOf(planned.node as HumanNode, planned, frame, execution)
  frame.data.question = { request, at: execution.clock() }
  execution.emit(nodeEvent(execution, planned, address, { type: 'node.waiting', request }))
}

/** Stops the run at a human node, or takes the answer that a resume brought, with the time at which the question was put. */
export function askHuman(
  planned: PlannedNode,
  frame: Frame,
  execution: Execution,
  address: string,
): { answer: HumanAnswer; askedAt: number } {
  const node = planned.node as HumanNode
  const { request, at } = frame.data.question!
  const { dueInSeconds, onDue } = node.data.config
  const pending: PendingInterrupt = {
    address,
    nodeId: node.id,
    request,
    ...(dueInSeconds === undefined ? {} : { dueInSeconds }),
    ...(onDue === undefined ? {} : { onDue }),
  }
  execution.signal?.throwIfAborted()
  // An answer that does not fit is refused by asking again. LangGraph keeps the answers of an execution in their order.
  for (let refused: Refusal | undefined; ; ) {
    const given = ask(pending, refused, execution)
    try {
      return { answer: checkAnswer(request, given, execution.clock()), askedAt: at }
    } catch (error) {
      if (!(error instanceof FairleadError)) throw error
      refused = { message: error.message, errors: error.data?.errors }
    }
  }
}

/** Why a question is asked again: what did not fit in the answer it was given. */
interface Refusal {
  message: string
  errors: unknown
}

function ask(pending: PendingInterrupt, refused: Refusal | undefined, execution: Execution): AnswerInput {
  try {
    return interrupt(refused ? { ...pending, refused } : pending)
  } catch (error) {
    if (isMissingSaver(error)) throw missingCheckpointer(pending.nodeId)
    if (isGraphInterrupt(error)) execution.onQuestion(pending)
    throw error
  }
}

/**
 * An answer as the value of its node. Throws `run.invalid_answer`, with pointers into the answer, when it does not fit the
 * choices or the form.
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
  if (ids.length > 0 && !ids.includes(given.choice ?? '')) {
    faults.push({ pointer: '/choice', message: `must be one of ${ids.map((id) => `"${id}"`).join(', ')}` })
  } else if (ids.length === 0 && given.choice !== undefined) {
    faults.push({ pointer: '/choice', message: 'must be left out: the question has no choices' })
  }
  const misfits = form === undefined ? [] : validateJson(form, given.values ?? null)
  if (given.values === undefined && misfits.length > 0) {
    return [...faults, { pointer: '/values', message: '"values" is missing: the question has a form to fill in' }]
  }
  return [...faults, ...misfits.map(({ pointer, message }) => ({ pointer: `/values${pointer}`, message }))]
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

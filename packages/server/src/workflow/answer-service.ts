import type { Clock } from '@fairlead/core/base'
import { FairleadError } from '@fairlead/core/base'
import { checkAnswer } from '@fairlead/core/langgraph'
import type {
  FailureHandling,
  HumanAnswer,
  InterruptRequest,
  ResumeRequest,
  Run,
  RunError,
  TimedEvent,
} from '@fairlead/core/workflow'
import { analyzeStructure, failureHandlingOf } from '@fairlead/core/workflow'
import type { Database, DatabaseLogger, ScopedDb } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import { toEventRow } from './event-row.ts'
import { failureCloser } from './record.ts'
import { toRun } from './run-record.ts'
import { unknownRun } from './run-service.ts'
import * as store from './run-store.ts'
import type { DueSignal } from './signals.ts'
import { announceEvents } from './signals.ts'
import type { WorkflowService } from './workflow-service.ts'

export interface AnswerServiceParts {
  database: Database
  workflows: WorkflowService
  due: DueSignal
  clock: Clock
  logger: DatabaseLogger
}

type Outcome =
  | { status: 'answered'; answer: HumanAnswer; by: object }
  | { status: 'expired'; answer: HumanAnswer; by: object }
  | { status: 'expired'; error: RunError; by: object }

/** How many questions one sweep closes. */
const sweepLimit = 200

/**
 * Answers to the questions of runs. A question goes from pending to answered, expired or cancelled, once: whoever comes
 * second is told so and changes nothing. The answer is put into the journal at once, in the same transaction, so that the
 * run finds it there whenever it is taken up. A question is cancelled when its run ends, or when a container around it
 * fails: then in the transaction that records the failure, so that an answer comes either before it or too late.
 */
export class AnswerService {
  readonly #parts: AnswerServiceParts

  constructor(parts: AnswerServiceParts) {
    this.#parts = parts
  }

  /** Throws `run.interrupt_not_found`, `run.interrupt_closed` with what it was answered, and `run.invalid_answer`. */
  async resume(by: Principal, runId: string, { address, by: onBehalfOf, ...given }: ResumeRequest): Promise<Run> {
    const { database, clock } = this.#parts
    const answered = await database.withOrganization(by.organizationId, async (db) => {
      // Answers to one run follow each other; also a worker that is about to finish the run waits for this.
      const run = await store.lockRun(db, runId)
      if (!run) throw unknownRun(runId)
      const question = await store.findInterrupt(db, runId, address)
      if (!question) throw unknownQuestion(runId, address)
      if (question.status !== 'pending') throw closed(question)
      const name = by.kind === 'key' ? (onBehalfOf ?? by.name) : by.name
      const answer = checkAnswer(question.request as InterruptRequest, { ...given, by: name }, clock())
      await this.#settle(db, run, question, { status: 'answered', answer, by: { kind: by.kind, id: by.id, name } })
      return toRun((await store.findRun(db, runId))!, await store.listInterrupts(db, runId))
    })
    if (answered.status === 'queued') this.#parts.due.queued(runId)
    return answered
  }

  /**
   * Closes the questions whose time is up by what their nodes say: with a choice, or as failed. One that can't be closed
   * is logged and left to the next sweep; it holds up no other.
   */
  async closeDue(signal?: AbortSignal): Promise<void> {
    const { database, due, logger } = this.#parts
    const failed = new Set<string>()
    for (;;) {
      const limit = sweepLimit + failed.size
      const found = await database.withSystem((db) => store.listDueQuestions(db, limit))
      for (const { organization_id, run_id, address } of found) {
        const key = `${run_id} ${address}`
        if (failed.has(key)) continue
        if (signal?.aborted) return
        try {
          await database.withOrganization(organization_id, (db) => this.#closeDue(db, run_id, address))
          due.queued(run_id)
        } catch (error) {
          // Then none of the others can be closed either.
          if (isOutage(error)) throw error
          failed.add(key)
          logger.error({ err: error, runId: run_id, address }, 'An overdue question could not be closed')
        }
      }
      if (found.length < limit) return
    }
  }

  async #closeDue(db: ScopedDb, runId: string, address: string): Promise<void> {
    const run = await store.lockRun(db, runId)
    const question = await store.findInterrupt(db, runId, address)
    if (!run || question?.status !== 'pending' || question.on_due === null) return
    const by = { kind: 'system', id: 'due', name: 'due time' }
    const onDue = question.on_due as { choice: string } | 'fail'
    if (onDue !== 'fail') {
      const at = new Date(this.#parts.clock()).toISOString()
      const answer = { choice: onDue.choice, by: by.name, at }
      return this.#settle(db, run, question, { status: 'expired', answer, by })
    }
    const message = `Nobody answered "${question.node_id}" in time.`
    const error = { code: 'run.answer_overdue', message, nodeId: question.node_id, address }
    return this.#settle(db, run, question, { status: 'expired', error, by })
  }

  async #settle(db: ScopedDb, run: store.RunHeadRow, question: store.InterruptRow, outcome: Outcome): Promise<void> {
    const { database, clock } = this.#parts
    const { address, node_id: nodeId } = question
    const answer = 'answer' in outcome ? JSON.stringify(outcome.answer) : null
    const closing = { status: outcome.status, answer, answered_by: JSON.stringify(outcome.by) }
    // The run's row is locked, so nobody else can have closed it since it was read.
    if (!(await store.closeInterrupt(db, run.id, address, closing))) throw closed(question)
    const finishedAt = new Date(clock())
    const place = { organization_id: run.organization_id, run_id: run.id, address, node_id: nodeId }
    await store.insertAnswer(db, {
      ...place,
      ...('answer' in outcome
        ? { status: 'completed', output: answer }
        : { status: 'failed', error: JSON.stringify(outcome.error) }),
      started_at: question.created_at,
      finished_at: finishedAt,
      recorded_by_attempt: run.attempt,
    })
    const durationMs = Math.max(0, finishedAt.getTime() - question.created_at.getTime())
    const node = { address, nodeId, nodeType: 'human' as const, attempt: 1, durationMs, at: finishedAt.toISOString() }
    const event: TimedEvent =
      'answer' in outcome
        ? { type: 'node.completed', ...node, output: outcome.answer }
        : { type: 'node.failed', ...node, error: outcome.error, handling: await this.#handling(db, run, nodeId) }
    await store.appendEvents(db, { organizationId: run.organization_id, runId: run.id }, [toEventRow(event)])
    await store.wakeRun(db, run.id)
    announceEvents(database, run.id)
  }

  async #handling(db: ScopedDb, run: store.RunHeadRow, nodeId: string): Promise<FailureHandling> {
    const definition = await this.#parts.workflows.definitionIn(db, run.workflow_id, run.workflow_version)
    return failureHandlingOf(analyzeStructure(definition), nodeId)
  }
}

function isOutage(error: unknown): boolean {
  return error instanceof FairleadError && (error.code === 'database.unavailable' || error.code === 'database.closed')
}

function unknownQuestion(runId: string, address: string): FairleadError {
  return new FairleadError('run.interrupt_not_found', `The run ${runId} has not asked anything at "${address}".`, {
    data: { errors: [{ pointer: '/address', message: 'must be the address of one of the run’s interrupts' }] },
  })
}

function closed({ address, status, answer, answered_at, answered_by }: store.InterruptRow): FairleadError {
  const by = answered_by as { id: string; name: string } | null
  const message =
    status === 'cancelled' && by?.id === failureCloser
      ? `The question at "${address}" was cancelled, since "${by.name}", in which it was asked, failed: nothing was changed.`
      : `The question at "${address}" is ${status} already: nothing was changed.`
  return new FairleadError('run.interrupt_closed', message, {
    data: { status, answer: answer as HumanAnswer | null, answeredAt: answered_at?.toISOString() ?? null },
  })
}

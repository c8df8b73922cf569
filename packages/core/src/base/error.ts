/** JSON-able facts about an error: the offending value, limits, ids. A client may draw them. */
export type ErrorData = Record<string, unknown>

/**
 * Every error that Fairlead throws on purpose. `code` is stable and reads `room.reason`; `message` says what happened
 * with the offending value and what to do about it.
 */
export class FairleadError extends Error {
  readonly code: string
  readonly data: ErrorData | undefined

  constructor(code: string, message: string, options: { data?: ErrorData; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'FairleadError'
    this.code = code
    this.data = options.data
  }

  /** What may leave the process: neither the stack nor the cause. */
  toJSON(): { code: string; message: string; data?: ErrorData } {
    return { code: this.code, message: this.message, ...(this.data && { data: this.data }) }
  }
}

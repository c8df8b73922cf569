/** Who a session works as. An owner's session changes the schema; the others only ever see rows through policies. */
export type Login = 'app' | 'system' | 'owner'

export interface StatementResult {
  rows: Record<string, unknown>[]
  /** The first word of the command tag: `SELECT`, `INSERT`, `ROLLBACK`. */
  command: string
  rowCount: number | null
}

/** Who works in a transaction, and on whose rows. */
export interface Beginning {
  login: Login
  /** A UUID; null across organizations. */
  organizationId: string | null
}

/**
 * One connection to Postgres, held by nobody else until it is released. Calls are carried out and answered in the order in
 * which they are made; the next may be made before the one before it has been answered.
 */
export interface Session {
  /** Begins a transaction, whose settings are gone with it. */
  begin(beginning: Beginning): Promise<unknown>
  /** Runs one statement. Without parameters the text may hold several: the rows are those of all, the rest is the last's. */
  run(text: string, parameters: readonly unknown[]): Promise<StatementResult>
  /**
   * Runs one statement as a transaction of its own: begun, carried out and committed in one round trip and with one answer.
   * Where it fails, nothing is left open.
   */
  runAlone(beginning: Beginning, text: string, parameters: readonly unknown[]): Promise<StatementResult>
  /** Gives the session back. `broken` ends it: its state is unknown. */
  release(broken: boolean): void
}

/** What a Postgres, native or embedded, has to give: sessions, and a way to tell other processes something. */
export interface Backend {
  kind: 'postgres' | 'pglite'
  /** Waits for a free session. Throws `database.unavailable` when there is none in time. */
  checkout(login: Login): Promise<Session>
  /** What carries notifications between processes; lost ones are made up for by `onReconnect`. */
  openMessenger(handlers: MessengerHandlers): Messenger
  /** Waits for the sessions in use, then ends all of them. */
  close(): Promise<void>
}

export interface MessengerHandlers {
  onNotification(notification: Notification): void
  /** Notifications may have been missed until now. */
  onReconnect(): void
}

export interface Messenger {
  /** Tells every process, this one included. Rejects when nobody could be told. */
  publish(notifications: readonly Notification[]): Promise<void>
  subscribe(channel: string): Promise<void>
  unsubscribe(channel: string): Promise<void>
  close(): Promise<void>
}

export interface Notification {
  channel: string
  payload: string
}

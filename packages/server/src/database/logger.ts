/** What the database has to say while it works; a pino logger will do. */
export interface DatabaseLogger {
  info(data: object, message: string): void
  warn(data: object, message: string): void
  error(data: object, message: string): void
}

export const silentLogger: DatabaseLogger = { info() {}, warn() {}, error() {} }

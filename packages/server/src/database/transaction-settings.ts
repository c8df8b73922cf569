import { roleOf } from './roles.ts'
import type { Beginning, Login } from './session.ts'

/** A transaction whose process was stopped in the middle must not hold its locks for ever. */
const idleInTransactionTimeoutMs = 15_000

/** A statement that sets what a transaction needs; without a name it is parsed each time. */
export interface Opening {
  name: string
  text: string
  values: readonly string[]
}

interface Setting {
  name: string
  value: string
}

export interface SettingsOptions {
  /** Logins of their own, which need not take on a role. */
  appUrl?: string | undefined
  systemUrl?: string | undefined
  /** Without it there are no limits: the embedded database can't interrupt a statement. */
  statementTimeoutMs?: number | undefined
  preparedStatements: boolean
}

/** What holds in a transaction and is gone with it, so that a transaction pooler may stand between: role, organization, limits. */
export class TransactionSettings {
  readonly #beginnings: Record<Login, string>
  readonly #openings: Record<Login, { name: string; text: string }>

  constructor({ appUrl, systemUrl, statementTimeoutMs, preparedStatements }: SettingsOptions) {
    const limited = statementTimeoutMs !== undefined
    const timeout = limited ? [{ name: 'statement_timeout', value: String(statementTimeoutMs) }] : []
    const idle = limited
      ? [{ name: 'idle_in_transaction_session_timeout', value: String(idleInTransactionTimeoutMs) }]
      : []
    const app = [...(appUrl ? [] : [{ name: 'role', value: roleOf.app }]), ...timeout]
    const system = [...(systemUrl ? [] : [{ name: 'role', value: roleOf.system }]), ...timeout]
    this.#beginnings = {
      owner: beginningWith([]),
      app: beginningWith([...app, ...idle]),
      system: beginningWith([...system, ...idle]),
    }
    const nameOf = (login: Login) => (preparedStatements ? `fairlead_${login}` : '')
    this.#openings = {
      owner: { name: nameOf('owner'), text: 'select' },
      app: { name: nameOf('app'), text: `${openingWith(app)}, set_config('app.organization_id', $1, true)` },
      system: { name: nameOf('system'), text: openingWith(system) },
    }
  }

  /** Statements for a transaction of several: sent in one round trip. */
  beginning({ login, organizationId }: Beginning): string {
    const organization = organizationId === null ? '' : `;SET LOCAL app.organization_id='${organizationId}'`
    return this.#beginnings[login] + organization
  }

  /** A statement for a transaction of one more, which never waits for its client in between. */
  opening({ login, organizationId }: Beginning): Opening {
    return { ...this.#openings[login], values: organizationId === null ? [] : [organizationId] }
  }
}

function beginningWith(settings: readonly Setting[]): string {
  return ['BEGIN', ...settings.map(({ name, value }) => `SET LOCAL ${name}=${value}`)].join(';')
}

function openingWith(settings: readonly Setting[]): string {
  return `select ${settings.map(({ name, value }) => `set_config('${name}', '${value}', true)`).join(', ')}`
}

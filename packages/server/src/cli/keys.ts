import type { Permission } from '@fairlead/core/base'
import { FairleadError, permissions } from '@fairlead/core/base'
import type { CommandLine } from './command.ts'
import { withControlPlane } from './offline.ts'
import { complain, say } from './output.ts'

/** Prints the secret of a new key, alone on its line, so that a script can take it. */
export async function createKey(line: CommandLine): Promise<number> {
  const organization = required(line, 'organization')
  const name = required(line, 'name')
  const scopes = readScopes(line.options.scopes)
  const expiresAt = readTime(line.options.expires)
  const instead =
    'Make the key through it, with a key that has the scope key:write: POST /api/v1/keys. Or stop it first.'
  const key = await withControlPlane(line, instead, (controlPlane) =>
    controlPlane.createKey(organization, { name, ...(scopes && { scopes }), ...(expiresAt && { expiresAt }) }),
  )
  complain(`Key ${key.id} of "${organization}". This is the only time its secret is shown:`)
  return say(key.secret)
}

export async function listKeys(line: CommandLine): Promise<number> {
  const organization = required(line, 'organization')
  const instead = 'List them through it, with a key that has the scope key:read: GET /api/v1/keys. Or stop it first.'
  const keys = await withControlPlane(line, instead, (controlPlane) => controlPlane.listKeys(organization))
  for (const { id, name, environment, revokedAt, expiresAt, lastUsedAt } of keys) {
    const state = revokedAt ? `revoked ${revokedAt}` : expiresAt ? `expires ${expiresAt}` : 'active'
    say([id, environment, state, lastUsedAt ? `used ${lastUsedAt}` : 'never used', name].join('\t'))
  }
  return 0
}

export async function revokeKey(line: CommandLine): Promise<number> {
  const organization = required(line, 'organization')
  const [id] = line.positionals
  if (id === undefined)
    throw new FairleadError('cli.usage', 'Say which key: fairlead keys revoke --organization <slug> <key id>')
  const instead = `Do it through it, with a key that has the scope key:write: DELETE /api/v1/keys/${id}. Or stop it first.`
  await withControlPlane(line, instead, (controlPlane) => controlPlane.revokeKey(organization, id))
  return say(`Key ${id} is revoked.`)
}

/** The value of an option that the command can't do without. */
export function required({ options }: CommandLine, name: string): string {
  const value = options[name]
  if (value) return value
  throw new FairleadError('cli.usage', `--${name} is missing. See: fairlead --help`)
}

function readScopes(list: string | undefined): Permission[] | undefined {
  if (list === undefined) return undefined
  const known = new Set<string>(permissions)
  const scopes = list.split(',').map((scope) => scope.trim())
  const unknown = scopes.filter((scope) => !known.has(scope))
  if (unknown.length === 0) return scopes as Permission[]
  throw new FairleadError('cli.usage', `Unknown scopes: ${unknown.join(', ')}. There are: ${permissions.join(', ')}.`)
}

function readTime(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return new Date(time).toISOString()
  throw new FairleadError('cli.usage', `--expires "${text}" is no time. Write it like 2027-01-31T00:00:00Z.`)
}

import { createOpenApi } from '../http/index.ts'
import type { CommandLine } from './command.ts'
import { required } from './keys.ts'
import { withControlPlane } from './offline.ts'
import { complain, say } from './output.ts'

/** The API of an organization knows no others. */
const stopFirst = 'Stop it first. With a Postgres (DATABASE_URL), this works beside a running server.'

export async function migrate(line: CommandLine): Promise<number> {
  const instead = 'It has migrated the database when it started; stop it to migrate with this version.'
  const { migration } = await withControlPlane(line, instead, ({ database }) => database.ready())
  return say(`The database is at ${migration}.`)
}

export async function printOpenApi(): Promise<number> {
  return say(createOpenApi()('/api/v1'))
}

/** Prints the secret of the organization's first key, alone on its line. */
export async function createOrganization(line: CommandLine): Promise<number> {
  const slug = required(line, 'slug')
  const name = line.options.name ?? slug
  const { organization, key } = await withControlPlane(line, stopFirst, (controlPlane) =>
    controlPlane.bootstrapOrganization({ slug, name, keyName: 'First key' }),
  )
  complain(`Organization "${slug}" is ${organization.id}. This is the only time the secret of its first key is shown:`)
  return say(key.secret)
}

export async function listOrganizations(line: CommandLine): Promise<number> {
  const organizations = await withControlPlane(line, stopFirst, (controlPlane) => controlPlane.listOrganizations())
  for (const { id, slug, name } of organizations) say([id, slug, name].join('\t'))
  return 0
}

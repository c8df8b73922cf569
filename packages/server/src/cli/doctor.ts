import { existsSync } from 'node:fs'
import { FairleadError } from '@fairlead/core/base'
import type { Config } from '../config.ts'
import { readConfig } from '../config.ts'
import type { Database } from '../database/index.ts'
import { openDatabase } from '../database/index.ts'
import { createModels } from '../model-source.ts'
import type { CommandLine } from './command.ts'
import { holderOf } from './offline.ts'
import { say } from './output.ts'

/** What one check found: a sentence; throwing means that it failed. */
type Check = [name: string, run: (config: Config) => Promise<string>]

const checks: Check[] = [
  ['Node', async () => process.versions.node],
  ['Database', checkDatabase],
  ['Models', async (config) => (await createModels(config, undefined)).description],
  ['Tokens', checkIssuer],
]

/** Checks what a server needs, without changing anything; fails when a check does. */
export async function doctor({ env }: CommandLine): Promise<number> {
  let config: Config
  try {
    config = readConfig(env)
    say('✔ Configuration  complete')
  } catch (error) {
    say(`✘ Configuration  ${messageOf(error)}`)
    return 1
  }
  let failures = 0
  for (const [name, run] of checks) {
    try {
      say(`✔ ${name.padEnd(13)}  ${await run(config)}`)
    } catch (error) {
      failures++
      say(`✘ ${name.padEnd(13)}  ${messageOf(error)}`)
    }
  }
  return failures === 0 ? 0 : 1
}

async function checkDatabase(config: Config): Promise<string> {
  const url = config.DATABASE_URL
  if (url === undefined && !existsSync(config.FAIRLEAD_DATA_DIR)) {
    return `embedded: serving will make one in ${config.FAIRLEAD_DATA_DIR}`
  }
  let database: Database
  try {
    database = await openDatabase(
      url === undefined
        ? { dataDirectory: config.FAIRLEAD_DATA_DIR }
        : { url, appUrl: config.DATABASE_APP_URL, systemUrl: config.DATABASE_SYSTEM_URL },
    )
  } catch (error) {
    // That is how it is while a server runs.
    const holder = holderOf(error)
    if (holder !== undefined) return `${holder}: not looked into`
    throw error
  }
  try {
    const { ok, migration } = await database.ready()
    const place = url === undefined ? `embedded in ${config.FAIRLEAD_DATA_DIR}` : 'Postgres'
    if (ok) return `${place}, at ${migration}`
    // Says why it can't be reached, where that is the reason.
    await database.withOwner(async () => {})
    return `${place}, not migrated yet: serving migrates it, so does "fairlead migrate"`
  } finally {
    await database.close()
  }
}

async function checkIssuer({ JWT_JWKS_URL: url }: Config): Promise<string> {
  if (url === undefined) return "API keys only: no issuer of people's tokens is configured"
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) })
  const { keys } = (await response.json()) as { keys?: unknown[] }
  if (response.ok && Array.isArray(keys)) return `${keys.length} keys at ${url}`
  throw new FairleadError('auth.unavailable', `${url} answers ${response.status} and holds no key set (JWT_JWKS_URL).`)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

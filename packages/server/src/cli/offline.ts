import { FairleadError } from '@fairlead/core/base'
import type { ControlPlane } from '../start.ts'
import { createControlPlane } from '../start.ts'
import type { CommandLine } from './command.ts'

/**
 * Works on the database without serving: nothing is executed in the background meanwhile. `instead` says how to do the
 * same while a server holds the embedded database.
 */
export async function withControlPlane<T>(
  { env }: CommandLine,
  instead: string,
  work: (controlPlane: ControlPlane) => Promise<T>,
): Promise<T> {
  const controlPlane = await open(env, instead)
  try {
    return await work(controlPlane)
  } finally {
    await controlPlane.close()
  }
}

async function open(env: CommandLine['env'], instead: string): Promise<ControlPlane> {
  try {
    return await createControlPlane({ env, worker: false, logLevel: env.LOG_LEVEL ?? 'warn' })
  } catch (error) {
    const holder = holderOf(error)
    throw holder ? new FairleadError('cli.database_in_use', `${holder}. ${instead}`, { cause: error }) : error
  }
}

/** Who has the embedded database open, in words; undefined for any other error. */
export function holderOf(error: unknown): string | undefined {
  if (!(error instanceof FairleadError) || error.code !== 'database.directory_in_use') return undefined
  const { directory, pid } = error.data ?? {}
  return `The embedded database in ${directory} is in use by process ${pid}, a running server most likely`
}

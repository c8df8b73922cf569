import type { ControlPlane } from '../start.ts'
import { createControlPlane } from '../start.ts'
import type { CommandLine } from './command.ts'

/** Works on the database without serving: nothing is executed in the background meanwhile. */
export async function withControlPlane<T>(
  { env }: CommandLine,
  work: (controlPlane: ControlPlane) => Promise<T>,
): Promise<T> {
  const controlPlane = await createControlPlane({ env, worker: false, logLevel: env.LOG_LEVEL ?? 'warn' })
  try {
    return await work(controlPlane)
  } finally {
    await controlPlane.close()
  }
}

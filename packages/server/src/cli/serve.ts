import type { ControlPlane } from '../start.ts'
import { createControlPlane } from '../start.ts'
import type { CommandLine } from './command.ts'
import { complain, say } from './output.ts'

/** Serves until a signal: the first one lets what runs come to its end, a second one ends at once. */
export async function serve({ env }: CommandLine): Promise<number> {
  const controlPlane = await createControlPlane({ env, processMetrics: true })
  const signalled = untilSignal()
  try {
    const url = await controlPlane.listen()
    await greet(controlPlane, url)
  } catch (error) {
    await controlPlane.close()
    throw error
  }
  await signalled
  complain('Shutting down; press Ctrl-C again to end at once.')
  await controlPlane.close()
  return 0
}

async function greet(controlPlane: ControlPlane, url: string): Promise<void> {
  say(`Fairlead serves ${url}`)
  say(`  API    ${url}/api/v1/openapi.json`)
  say(`  model  ${controlPlane.modelDescription}`)
  const first = await controlPlane.bootstrapFirst({ name: 'Default', slug: 'default', keyName: 'First key' })
  if (!first) return
  say('  There was no organization, so "default" was created. This is the only time the secret of its key is shown:')
  say(`  key    ${first.key.secret}`)
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    let signals = 0
    const onSignal = () => {
      signals++
      if (signals > 1) process.exit(1)
      resolve()
    }
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  })
}

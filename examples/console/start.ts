import { styleText } from 'node:util'
import type { ControlPlane } from '@fairlead/server'
import { createControlPlane } from '@fairlead/server'
import { answerInterrupts } from './approve.ts'
import { help, readOptions } from './options.ts'
import { createScreen } from './screen.ts'
import { demoWorkflow, seed } from './seed.ts'
import tickets from './tickets.json' with { type: 'json' }
import { tools } from './tools.ts'
import { dollars, seconds } from './view.ts'

const options = readOptions(process.argv.slice(2), process.env)
if (options === 'help') {
  console.log(help)
  process.exit(0)
}
if ('complaint' in options) {
  console.error(`${options.complaint}\nSee: npm start -- --help`)
  process.exit(2)
}

const started = performance.now()
const say = (text = '') => console.log(text)
const controlPlane = await createControlPlane({
  dataDirectory: `${options.dataDirectory}/data`,
  tools,
  logLevel: 'warn',
}).catch(stop)
closeOnSignal(controlPlane)
await controlPlane.listen(options.port, options.host).catch(stop)
const { url } = controlPlane
const { client, apiKey, workflowId } = await seed(controlPlane, url, options.dataDirectory)

say(
  `${styleText('bold', 'Fairlead')} serves ${styleText('cyan', url)}  (ready after ${seconds(performance.now() - started)})`,
)
say(`  key    ${apiKey}`)
say(`  model  ${controlPlane.modelDescription}`)
say(`  API    ${url}/api/v1/openapi.json`)
say()
say(`Triage of ${tickets.length} tickets, workflow ${workflowId}:`)
say()

const startedRun = performance.now()
const run = await client.workflows.run(workflowId, { input: { tickets } })
const screen = createScreen(demoWorkflow, process.stdout)
const answers = answerInterrupts(run, { url, apiKey, screen, input: process.stdin })
for await (const event of run) {
  screen.show(event, run.state(), performance.now() - startedRun)
  answers.notice(event)
  if (options.exit && event.type === 'run.waiting') break
}
answers.close()
screen.close()

const state = run.state()
const cost = `${seconds(performance.now() - startedRun)}, ${dollars(state.costNanoUsd)}`
say()
if (state.status === 'completed') {
  say(`${styleText('green', '✔ Finished')} after ${cost}:`)
  say(JSON.stringify(state.output, null, 2).replace(/^/gm, '  '))
} else if (state.status === 'failed') {
  say(`${styleText('red', '✘ Failed')} after ${cost}: ${state.error?.message}`)
} else {
  say(`The run is ${state.status}.`)
}

if (options.exit) {
  await controlPlane.close()
  process.exit(state.status === 'failed' ? 1 : 0)
}
say()
say(`Still serving ${styleText('cyan', url)}. Look at the run, or stop with Ctrl-C:`)
say(`  curl -H 'Authorization: Bearer ${apiKey}' ${url}/api/v1/runs/${run.id}`)

/** Ctrl-C lets what runs come to the end of its step, so that the next start goes on from there; a second one ends at once. */
function closeOnSignal(open: ControlPlane): void {
  let signals = 0
  const onSignal = async () => {
    signals++
    if (signals > 1) process.exit(130)
    console.log('\nShutting down …')
    await open.close()
    process.exit(0)
  }
  process.on('SIGINT', () => void onSignal()).on('SIGTERM', () => void onSignal())
}

/** Ends with what went wrong and what to do about it, not with a stack. */
function stop(error: unknown): never {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}

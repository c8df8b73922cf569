import { styleText } from 'node:util'
import type { RunState } from '@fairlead/core/workflow'
import type { RunHandle } from '@fairlead/sdk'
import type { ControlPlane } from '@fairlead/server'
import { createControlPlane } from '@fairlead/server'
import { answerInterrupts } from './approve.ts'
import type { Options } from './options.ts'
import { createScreen } from './screen.ts'
import { demoWorkflow, seed } from './seed.ts'
import tickets from './tickets.json' with { type: 'json' }
import { tools } from './tools.ts'
import { unfinishedRun } from './unfinished-run.ts'
import { dollars, duration, elapsedMs } from './view.ts'

const say = (text = '') => console.log(text)

/** Serves, follows the run that an earlier start left or a new one to its end, and goes on serving unless told to exit. */
export async function demonstrate(options: Options): Promise<void> {
  const controlPlane = await createControlPlane({
    dataDirectory: `${options.dataDirectory}/data`,
    tools,
    logLevel: 'warn',
  }).catch(stop)
  closeOnSignal(controlPlane)
  await controlPlane.listen(options.port, options.host).catch(stop)
  const { url, modelDescription } = controlPlane
  const { client, apiKey, workflowId } = await seed(controlPlane, url, options.dataDirectory)

  say(`${styleText('bold', 'Fairlead')} serves ${styleText('cyan', url)}  (ready after ${duration(performance.now())})`)
  say(`  key    ${apiKey}`)
  say(`  model  ${modelDescription}`)
  say(`  API    ${url}/api/v1/openapi.json`)
  say()

  const left = options.new ? undefined : await unfinishedRun(client.workflows, workflowId)
  if (left) say(`Going on with run ${left.id} of ${dateAndTime(left.createdAt)} (npm start -- --new starts another):`)
  else say(`Triage of ${tickets.length} tickets, workflow ${workflowId}:`)
  say()
  const run = left ? client.runs.handle(left.id) : await client.workflows.run(workflowId, { input: { tickets } })
  await follow(run, { url, apiKey, leavesQuestions: options.exit })
  say()
  say(describeEnd(run.state()))

  if (options.exit) {
    await controlPlane.close()
    process.exit(run.state().status === 'failed' ? 1 : 0)
  }
  say()
  say(`Still serving ${styleText('cyan', url)}. Look at the run, or stop with Ctrl-C:`)
  say(`  curl -H 'Authorization: Bearer ${apiKey}' ${url}/api/v1/runs/${run.id}`)
}

/** Until the run ends, or waits for a person when it is to leave that for later. */
async function follow(
  run: RunHandle,
  { url, apiKey, leavesQuestions }: { url: string; apiKey: string; leavesQuestions: boolean },
): Promise<void> {
  const screen = createScreen(demoWorkflow, process.stdout)
  const server = leavesQuestions ? undefined : { url, apiKey }
  const answers = answerInterrupts(run, { server, screen, input: process.stdin, output: process.stdout })
  for await (const event of run) {
    // Before the screen: a question that is answered makes way for it.
    const isAsked = await answers.notice(event)
    if (!isAsked) screen.show(event, run.state())
    if (isAsked && leavesQuestions) break
  }
  answers.close()
  screen.close()
}

function describeEnd(state: RunState): string {
  const cost = `${duration(elapsedMs(state, Date.now()))}, ${dollars(state.costNanoUsd)}`
  switch (state.status) {
    case 'completed':
      return `${styleText('green', '✔ Finished')} after ${cost}:\n${JSON.stringify(state.output, null, 2).replace(/^/gm, '  ')}`
    case 'failed':
      return `${styleText('red', '✘ Failed')} after ${cost}: ${state.error?.message}`
    case 'waiting':
      return 'The run is waiting for an answer: the next "npm start" goes on with it.'
    default:
      return `The run is ${state.status}.`
  }
}

function dateAndTime(at: string): string {
  return new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
}

/** Ctrl-C lets what runs come to the end of its step, so that the next start goes on from there; a second one ends at once. */
function closeOnSignal(open: ControlPlane): void {
  let signals = 0
  const onSignal = async () => {
    signals++
    if (signals > 1) process.exit(130)
    say('\nShutting down …')
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

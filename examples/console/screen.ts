import { styleText } from 'node:util'
import type { RunEvent, RunState, Workflow } from '@fairlead/core/workflow'
import { createLogUpdate } from 'log-update'
import { duration, elapsedMs, renderRun } from './view.ts'

/** Where the run is shown: redrawn in place on a terminal, a plain line per event elsewhere. */
export interface Screen {
  show(event: RunEvent, state: RunState): void
  /** Leaves what is drawn and lets other text follow. */
  pause(): void
  close(): void
}

export function createScreen(workflow: Workflow, output: NodeJS.WriteStream): Screen {
  return output.isTTY ? liveScreen(workflow, output) : plainScreen(output)
}

function liveScreen(workflow: Workflow, output: NodeJS.WriteStream): Screen {
  const draw = createLogUpdate(output)
  let latest: RunState | undefined
  const redraw = () => {
    if (latest) draw(renderRun(workflow, latest, { now: Date.now(), columns: output.columns }))
  }
  // The clock runs on between events, so that a long step is seen to be alive.
  let timer: NodeJS.Timeout | undefined
  return {
    show(_event, state) {
      latest = state
      timer ??= setInterval(redraw, 100)
      redraw()
    },
    pause() {
      clearInterval(timer)
      timer = undefined
      latest = undefined
      draw.done()
    },
    close() {
      clearInterval(timer)
      redraw()
      draw.done()
    },
  }
}

function plainScreen(output: NodeJS.WriteStream): Screen {
  return {
    show(event, state) {
      const line = describe(event)
      if (line) output.write(`${duration(elapsedMs(state, Date.parse(event.at))).padStart(8)}  ${line}\n`)
    },
    pause() {},
    close() {},
  }
}

function describe(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'run.started':
      return 'run started'
    case 'run.resumed':
      return 'run taken up again'
    case 'node.started':
      return `${event.address} started${event.attempt > 1 ? ` (attempt ${event.attempt})` : ''}`
    case 'node.completed':
      return `${event.address} completed in ${duration(event.durationMs)}`
    case 'node.failed':
      return styleText('red', `${event.address} failed: ${event.error.message}`)
    case 'node.retrying':
      return `${event.address} tries again in ${duration(event.delayMs)}: ${event.error.message}`
    case 'node.waiting':
      return `${event.address} waits for a person`
    case 'run.waiting':
    case 'node.progress':
      return undefined
    default:
      return event.type.replace('.', ' ')
  }
}

import { parseArgs } from 'node:util'

export interface Options {
  port: number
  host: string
  dataDirectory: string
  exit: boolean
  /** Starts a run also when one has not ended. */
  new: boolean
}

export const help = `Starts the Fairlead control plane on an embedded database, seeds a demonstration organization,
runs a support-ticket triage on a batch of tickets, and keeps serving. A run that has not ended is gone on with.

Usage: npm start -- [options]

  --port <number>      port of the HTTP API (default 4400, or PORT)
  --host <address>     address to listen on (default 127.0.0.1, or HOST)
  --data-dir <folder>  where the embedded database lives (default .fairlead; delete it to start afresh)
  --new                start a new run, also when another has not ended; that one stays as it is
  --exit               stop when the run has finished or waits for a person
  --help               this text

Model: set OPENAI_API_KEY, ANTHROPIC_API_KEY, or OPENAI_BASE_URL (any compatible endpoint, such as vLLM or Ollama;
OPENAI_MODEL names the model) to call a real one. Without, a deterministic offline demo model answers.
DATABASE_URL uses a Postgres instead of the embedded database.`

/** Reads the command line; a string is the complaint about it. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): Options | 'help' | { complaint: string } {
  const parsed = parse(args)
  if ('complaint' in parsed) return parsed
  const { values } = parsed
  if (values.help) return 'help'
  const port = Number(values.port ?? env.PORT ?? 4400)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return { complaint: `--port must be a whole number from 0 to 65535, not "${values.port ?? env.PORT}".` }
  }
  return {
    port,
    host: values.host ?? env.HOST ?? '127.0.0.1',
    dataDirectory: values['data-dir'] ?? '.fairlead',
    exit: values.exit ?? false,
    new: values.new ?? false,
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        'data-dir': { type: 'string' },
        exit: { type: 'boolean' },
        new: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    return { complaint: error instanceof Error ? error.message : String(error) }
  }
}

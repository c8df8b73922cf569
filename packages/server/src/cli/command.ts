import { parseArgs } from 'node:util'
import { FairleadError, Suggestions } from '@fairlead/core/base'
import { doctor } from './doctor.ts'
import { createKey, listKeys, revokeKey } from './keys.ts'
import { createOrganization, listOrganizations, migrate, printOpenApi } from './maintenance.ts'
import { complain, say } from './output.ts'
import { printTypes } from './print-types.ts'
import { exportPrompt, importPrompt, mirrorPrompts } from './prompts.ts'
import { serve } from './serve.ts'

export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  version: string
}

/** The options of a command line, and the environment with those in it that stand for variables. */
export interface CommandLine {
  options: Readonly<Record<string, string | undefined>>
  positionals: readonly string[]
  env: Readonly<Record<string, string | undefined>>
}

type Command = (line: CommandLine) => Promise<number>

const commands: Record<string, Command> = {
  serve,
  migrate,
  doctor,
  openapi: printOpenApi,
  'keys create': createKey,
  'keys list': listKeys,
  'keys revoke': revokeKey,
  'organizations create': createOrganization,
  'organizations list': listOrganizations,
  'prompts export': exportPrompt,
  'prompts import': importPrompt,
  'prompts mirror': mirrorPrompts,
  types: printTypes,
}

const help = `fairlead: the control plane of Fairlead

Usage: fairlead [command] [options]

  serve                 serve the HTTP API (the default command)
  migrate               bring the database's schema up to date
  keys create           --organization <slug> --name <name> [--scopes <a,b,…>] [--expires <time>]
  keys list             --organization <slug>
  keys revoke           --organization <slug> <key id>
  organizations create  --slug <slug> [--name <name>]
  organizations list
  prompts export        --organization <slug> --prompt <key> --git <folder>: its history into a git repository
  prompts import        --organization <slug> --prompt <key> --git <folder> [--path <file>]: from one
  prompts mirror        --organization <slug> --folder <folder> [--label <label>]: what all prompts say now, as files
  types                 [--url <url>] [--label <label>] [--out <file>] [--check]: TypeScript for the variables of
                        all prompts of the organization whose key is FAIRLEAD_API_KEY
  openapi               print the OpenAPI document
  doctor                check this machine, the configuration and the database

  --port <number>         port of the HTTP API (default 4400, or PORT)
  --host <address>        address to listen on (default 127.0.0.1, or HOST)
  --data-dir <folder>     where the embedded database lives (default .fairlead/data, or FAIRLEAD_DATA_DIR)
  --database-url <url>    a Postgres instead of the embedded database (or DATABASE_URL)
  --log-level <level>     fatal, error, warn, info, debug, trace or silent (or LOG_LEVEL)
  --help, --version

Everything else is configured by environment variables; "fairlead doctor" says what is wrong with them.`

/** Options that stand for a variable, so that both are read and checked in one place. */
const variableOf: Record<string, string> = {
  port: 'PORT',
  host: 'HOST',
  'data-dir': 'FAIRLEAD_DATA_DIR',
  'database-url': 'DATABASE_URL',
  'log-level': 'LOG_LEVEL',
}

const text = { type: 'string' } as const
const knownOptions = {
  ...Object.fromEntries(Object.keys(variableOf).map((name) => [name, text])),
  organization: text,
  name: text,
  slug: text,
  scopes: text,
  expires: text,
  prompt: text,
  git: text,
  path: text,
  folder: text,
  label: text,
  url: text,
  out: text,
  check: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

/** Runs a command line; answers the exit code: 0, 1 when it failed, 2 when it was not understood. */
export async function runCommand(args: readonly string[], { env, version }: Surroundings): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: knownOptions })
    if (values.help) return say(help)
    if (values.version) return say(version)
    const { command, rest } = findCommand(positionals)
    const options = values as Record<string, string | undefined>
    return await command({ options, positionals: rest, env: { ...env, ...variablesIn(options) } })
  } catch (error) {
    return explain(error)
  }
}

function findCommand(positionals: readonly string[]): { command: Command; rest: readonly string[] } {
  if (positionals.length === 0) return { command: serve, rest: [] }
  for (const words of [2, 1]) {
    const command = commands[positionals.slice(0, words).join(' ')]
    if (command) return { command, rest: positionals.slice(words) }
  }
  const given = positionals.join(' ')
  throw new FairleadError('cli.usage', `There is no command "${given}". ${hint(given, Object.keys(commands))}`)
}

function hint(given: string, known: readonly string[], prefix = ''): string {
  const meant = new Suggestions().nearest(given, known)
  return `${meant === undefined ? '' : `Did you mean "${prefix}${meant}"? `}See: fairlead --help`
}

function variablesIn(options: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const pairs = Object.entries(variableOf).map(([option, variable]) => [variable, options[option]])
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined))
}

/** What Fairlead throws on purpose says what to do; of anything else the stack is what helps. */
function explain(error: unknown): number {
  if (error instanceof FairleadError) {
    complain(error.message)
    return error.code === 'cli.usage' ? 2 : 1
  }
  if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
    complain(explainOption(error.message))
    return 2
  }
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return 1
}

/** Of Node's explanation the part that is about this command line. */
function explainOption(message: string): string {
  const [, dashes, unknown] = /^Unknown option '(-+)(\S+?)'/.exec(message) ?? []
  if (dashes !== undefined && unknown !== undefined) {
    return `There is no option "${dashes}${unknown}". ${hint(unknown, Object.keys(knownOptions), '--')}`
  }
  return `${message.split('\n')[0]!.replace(/\.$/, '')}. See: fairlead --help`
}

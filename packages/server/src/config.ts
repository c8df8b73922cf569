import { FairleadError } from '@fairlead/core/base'
import * as z from 'zod'

/** What is wrong with one environment variable; secrets are masked in `found`. */
export interface ConfigFault {
  variable: string
  found: string
  expected: string
}

export type Config = z.output<typeof Variables>

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

const text = (expected: string) => z.string().min(1, expected)
const wholeNumber = (min: number, max: number) => {
  const expected = `a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,15}$/, expected)
    .transform(Number)
    .refine((number) => number >= min && number <= max, expected)
}
const url = (protocols: readonly string[]) =>
  z.string().refine(
    (value) => {
      return URL.canParse(value) && protocols.includes(new URL(value).protocol)
    },
    `a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  )
const postgresUrl = url(['postgres:', 'postgresql:'])
const httpUrl = url(['http:', 'https:'])

/** Every environment variable that the control plane reads. */
const Variables = z.object({
  PORT: wholeNumber(0, 65_535).default(4400),
  HOST: text('an address to listen on').default('127.0.0.1'),

  DATABASE_URL: postgresUrl.optional(),
  DATABASE_APP_URL: postgresUrl.optional(),
  DATABASE_SYSTEM_URL: postgresUrl.optional(),
  DATABASE_POOL_SIZE: wholeNumber(1, 1_000).optional(),
  FAIRLEAD_DATA_DIR: text('a folder').default('.fairlead/data'),

  FAIRLEAD_SECRET: z.string().min(32, 'at least 32 random characters').optional(),
  JWT_ISSUER: text('the issuer of tokens').optional(),
  JWT_AUDIENCE: text('the audience of tokens').optional(),
  JWT_JWKS_URL: httpUrl.optional(),
  JWT_ORGANIZATION_CLAIM: text('the name of a claim').optional(),

  FAIRLEAD_RATE_LIMIT_PER_CREDENTIAL: wholeNumber(0, 1_000_000_000).default(6_000),
  FAIRLEAD_RATE_LIMIT_PER_ORGANIZATION: wholeNumber(0, 1_000_000_000).default(30_000),
  FAIRLEAD_MAX_BODY_BYTES: wholeNumber(1_024, 100_000_000).default(1_048_576),
  FAIRLEAD_CORS_ORIGINS: z
    .string()
    .transform((list) => list.split(',').map((origin) => origin.trim()))
    .refine((origins) => origins.every(isOrigin), 'origins such as https://app.example.com, divided by commas, or *')
    .default([]),
  FAIRLEAD_METRICS_TOKEN: text('a token').optional(),
  FAIRLEAD_DRAIN_SECONDS: wholeNumber(0, 3_600).default(25),
  LOG_LEVEL: z.enum(logLevels, `one of ${logLevels.join(', ')}`).default('info'),
  NODE_ENV: z.string().optional(),

  OPENAI_API_KEY: text('a key').optional(),
  OPENAI_BASE_URL: httpUrl.optional(),
  OPENAI_MODEL: text('the name of a model').optional(),
  ANTHROPIC_API_KEY: text('a key').optional(),
  ANTHROPIC_MODEL: text('the name of a model').optional(),
})

/** Configures people's tokens: all or none of them. */
const jwtVariables = ['JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_JWKS_URL'] as const

/**
 * The configuration in the environment; an empty variable counts as unset. Throws `config.invalid`, which names every
 * variable that is wrong, what it holds (secrets masked), and what belongs there.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = Variables.safeParse(given)
  const faults = parsed.success
    ? missingJwtVariables(parsed.data)
    : parsed.error.issues.map((issue) => toFault(issue, env))
  if (parsed.success && faults.length === 0) return parsed.data
  throw new FairleadError('config.invalid', `The configuration is not usable:\n${faults.map(describe).join('\n')}`, {
    data: { faults },
  })
}

function missingJwtVariables(config: Config): ConfigFault[] {
  if (jwtVariables.every((variable) => config[variable] === undefined)) return []
  return jwtVariables
    .filter((variable) => config[variable] === undefined)
    .map((variable) => ({
      variable,
      found: '(not set)',
      expected: `a value, because ${jwtVariables.join(', ')} belong together`,
    }))
}

function toFault(issue: z.core.$ZodIssue, env: Readonly<Record<string, string | undefined>>): ConfigFault {
  const variable = String(issue.path[0])
  return { variable, found: mask(variable, env[variable] ?? ''), expected: issue.message }
}

function describe({ variable, found, expected }: ConfigFault): string {
  return `  ${variable}=${found}: expected ${expected}.`
}

/** A URL keeps everything but its passwords, however malformed it is; what is a secret keeps only its length. */
function mask(variable: string, value: string): string {
  if (/SECRET|TOKEN|API_KEY/.test(variable)) return `(${value.length} characters)`
  // Also an "@" behind a "?": a password may hold what should have been encoded.
  const end = value.lastIndexOf('@')
  if (end >= 0) return `${withoutPassword(value.slice(0, end))}${maskParameters(value.slice(end))}`
  const [address = '', ...parameters] = value.split(/(?=[?&])/)
  const hasPort = /:\d{1,5}(?:\/[^:]*)?$/.test(address)
  const shown = variable.startsWith('DATABASE_') && !hasPort ? withoutPassword(address) : address
  return shown + maskParameters(parameters.join(''))
}

/** What stands behind the first colon after the scheme may be a password. */
function withoutPassword(text: string): string {
  const user = /^(?:[a-z][a-z0-9+.-]*:\/\/)?[^:]*/i.exec(text)![0]
  return user === text ? text : `${user}:***`
}

function maskParameters(text: string): string {
  return text.replaceAll(/([?&][^=&]*(?:pass|secret|token|key)[^=&]*=)[^&#]*/gi, '$1***')
}

function isOrigin(origin: string): boolean {
  return origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)
}

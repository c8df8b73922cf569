import type { Clock } from '@fairlead/core/base'
import { createId, FairleadError } from '@fairlead/core/base'
import type { ModelSource } from '@fairlead/core/langgraph'
import type { Express } from 'express'
import type { Logger } from 'pino'
import { pino } from 'pino'
import { createAnalyticsRoutes, createAnalyticsService, ScoreService } from './analytics/index.ts'
import type { Config } from './config.ts'
import { readConfig } from './config.ts'
import type { Database } from './database/index.ts'
import { openDatabase } from './database/index.ts'
import type { ExperimentRoom } from './experiment/index.ts'
import { createExperimentRoom, createTestCheck } from './experiment/index.ts'
import type { Authenticator, Drain, HttpMetrics, HttpServer, RateLimits } from './http/index.ts'
import {
  createApp,
  createDrain,
  createIdempotency,
  createMetrics,
  createOpenApi,
  createRateLimiter,
  deriveKey,
  listen,
} from './http/index.ts'
import type { Jobs } from './jobs/index.ts'
import { createJobs, retentionSchedule, runRetention } from './jobs/index.ts'
import type { Models } from './model-source.ts'
import { createModels } from './model-source.ts'
import type { PromptOperator } from './prompt/index.ts'
import {
  createPromptCatalog,
  createPromptOperator,
  createPromptRoutes,
  createPromptServices,
  createTryPrompt,
  createVersionPromotion,
  refResolver,
  versionFinder,
} from './prompt/index.ts'
import type { JwtOptions, Operator } from './tenant/index.ts'
import {
  createAuthenticator,
  createBrowserTokens,
  createCredentialDirectory,
  createOperator,
  createTenantRoutes,
  createTenantService,
  createUserTokens,
  recordAudit,
  resolveServerSecret,
} from './tenant/index.ts'
import type { ListedTools, WorkflowRoom } from './workflow/index.ts'
import { createWorkflowRoom, runFinder } from './workflow/index.ts'

/** Everything is optional; what is left out comes from the environment (config.ts), then from defaults. */
export interface ControlPlaneOptions {
  /** `postgres://…`; without one here or in DATABASE_URL the embedded database is used. */
  databaseUrl?: string
  databaseAppUrl?: string
  databaseSystemUrl?: string
  /** Where the embedded database keeps its files. */
  dataDirectory?: string
  /** The embedded database in memory, lost at the end; whatever DATABASE_URL says. */
  memory?: boolean
  /** An open, migrated database; closed with the control plane. */
  database?: Database
  /** Whether to bring the schema up to date first; default true. */
  migrate?: boolean
  /** Models by id, before those that the environment configures; `default` is the one that nodes usually name. */
  models?: ModelSource
  /** The functions that tool nodes call, by id. */
  tools?: ListedTools
  /** Whether this process executes runs too; default true. */
  worker?: boolean
  /** How long a run stays with a worker that is not heard of, in ms; default 10 s. */
  leaseMs?: number
  /** Signs cursors and browser tokens and encrypts stored answers; at least 32 characters, the same on all replicas. */
  secret?: string
  /** Whose tokens people bring; without it there are API keys only. */
  jwt?: JwtOptions
  rateLimits?: Partial<RateLimits>
  maxBodyBytes?: number
  corsOrigins?: readonly string[]
  logger?: Logger
  logLevel?: string
  /** How long `close` lets requests and runs come to their end; default 25 s. */
  drainTimeoutMs?: number
  /** Whether answers are held against the contract; default in tests and development (NODE_ENV). */
  checkAnswers?: boolean
  /** Metrics of the process too, for a process of its own. */
  processMetrics?: boolean
  /** Default `process.env`. */
  env?: Readonly<Record<string, string | undefined>>
  clock?: Clock
}

export interface ControlPlane extends Operator, PromptOperator {
  /** To serve it inside another Express 5 app: `app.use('/fairlead', controlPlane.app)`. */
  readonly app: Express
  readonly database: Database
  readonly logger: Logger
  /** In a few words, what the model `default` is. */
  readonly modelDescription: string
  /** Where it listens. Throws `http.not_listening` before `listen`. */
  readonly url: string
  /** Begins to serve, by default on PORT and HOST; answers the URL. Port 0 takes a free one. */
  listen(port?: number, host?: string): Promise<string>
  /** Whether an API key is valid. */
  verifyKey(apiKey: string): Promise<boolean>
  /** Lets requests and runs come to their end, then closes everything. Calling it again waits for the same end. */
  close(): Promise<void>
}

/** What every room is built from. */
interface Foundation {
  options: ControlPlaneOptions
  config: Config
  logger: Logger
  clock: Clock
  newId: () => string
  database: Database
  secret: Uint8Array
  models: Models
  metrics: HttpMetrics
  drain: Drain
}

/**
 * Starts a control plane: opens and migrates its database, wires its rooms and begins its background work; it serves once
 * `listen` is called or `app` is mounted. Throws `config.invalid` and `database.…` with what to do about it.
 */
export async function createControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const config = readConfig(options.env ?? process.env)
  const logger = options.logger ?? pino({ level: options.logLevel ?? config.LOG_LEVEL })
  const clock = options.clock ?? Date.now
  const models = await createModels(config, options.models)
  const database = await openConfiguredDatabase(options, config, logger)
  try {
    if (options.migrate ?? true) await database.migrate()
    const foundation: Foundation = {
      options,
      config,
      logger,
      clock,
      newId: () => createId(clock, (bytes) => crypto.getRandomValues(bytes)),
      database,
      secret: await resolveServerSecret(database, options.secret ?? config.FAIRLEAD_SECRET),
      models,
      metrics: createMetrics({ process: options.processMetrics ?? false }),
      drain: createDrain(),
    }
    const rooms = wireRooms(foundation)
    await rooms.start()
    return createHandle(foundation, rooms)
  } catch (error) {
    await database.close()
    throw error
  }
}

async function openConfiguredDatabase(options: ControlPlaneOptions, config: Config, logger: Logger): Promise<Database> {
  if (options.database) return options.database
  if (options.memory) return openDatabase({ memory: true, logger })
  const url = options.databaseUrl ?? config.DATABASE_URL
  return openDatabase({
    url,
    appUrl: options.databaseAppUrl ?? config.DATABASE_APP_URL,
    systemUrl: options.databaseSystemUrl ?? config.DATABASE_SYSTEM_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    dataDirectory: url === undefined ? (options.dataDirectory ?? config.FAIRLEAD_DATA_DIR) : undefined,
    logger,
  })
}

type Rooms = ReturnType<typeof wireRooms>

/** Who gets what: the one place where rooms meet. */
function wireRooms(foundation: Foundation) {
  const { options, config, logger, clock, newId, database, secret, models } = foundation
  const directory = createCredentialDirectory(database, clock)
  const browserTokens = createBrowserTokens(deriveKey(secret, 'browser-token'), clock)
  const jwt = options.jwt ?? jwtOf(config)
  const userTokens = jwt && createUserTokens(jwt)
  const authenticator = createAuthenticator({ directory, browserTokens, userTokens })
  const tenant = createTenantService({ database, directory, browserTokens, clock, newId })
  const analytics = createAnalyticsService({ database, clock, newId })
  const promptServices = createPromptServices({
    database,
    clock,
    createId: newId,
    checks: [createTestCheck(versionFinder)],
    audit: (db, organizationId, { by, action, ruleId, data }) => {
      const subject = { kind: 'protection_rule' as const, id: ruleId }
      return recordAudit(db, organizationId, { id: newId(), actor: by, action, subject, data })
    },
  })
  const tryPrompt = createTryPrompt({
    prompts: promptServices.prompts,
    analytics,
    database,
    findModel: models.find,
    clock,
    newId,
  })
  const experiment = createExperimentRoom({
    database,
    logger,
    newId,
    versions: versionFinder,
    refs: refResolver,
    promotion: createVersionPromotion(promptServices.refs, promptServices.history),
    runs: runFinder,
  })
  const workflow = createWorkflowRoom({
    database,
    logger,
    clock,
    newId,
    analytics,
    resolver: experiment.resolver,
    promptCatalog: createPromptCatalog(),
    models,
    tools: options.tools ?? {},
    leaseMs: options.leaseMs,
  })
  const handlers = {
    ...createTenantRoutes(tenant),
    ...createAnalyticsRoutes(analytics, new ScoreService({ database, runs: runFinder, newId })),
    ...createPromptRoutes({ ...promptServices, tryPrompt }),
    ...experiment.handlers,
    ...workflow.handlers,
  }
  const app = buildApp(foundation, handlers, authenticator)
  const operator = createOperator(database, tenant, newId)
  const promptOperator = createPromptOperator({ ...promptServices, organizationOf: operator.organizationOf })
  const background = createBackground(foundation, { workflow, experiment })
  return {
    app,
    authenticator,
    operator: { ...operator, ...promptOperator },
    start: background.start,
    stopWorking: workflow.stopWorking,
    /** Stops what works in the background; requests have ended by then. */
    stop: async () => {
      await background.stop()
      await directory.close()
    },
  }
}

/** The rooms' handlers as an Express app. */
function buildApp(
  { options, config, logger, clock, database, secret, metrics, drain }: Foundation,
  handlers: Parameters<typeof createApp>[0],
  authenticator: Authenticator,
) {
  return createApp(handlers, {
    authenticator,
    rateLimiter: createRateLimiter({
      perPrincipal: options.rateLimits?.perPrincipal ?? config.FAIRLEAD_RATE_LIMIT_PER_CREDENTIAL,
      perOrganization: options.rateLimits?.perOrganization ?? config.FAIRLEAD_RATE_LIMIT_PER_ORGANIZATION,
    }),
    idempotency: createIdempotency(database, secret),
    cursorSecret: deriveKey(secret, 'cursor'),
    bodyLimits: { maxBytes: options.maxBodyBytes ?? config.FAIRLEAD_MAX_BODY_BYTES, timeoutMs: bodyTimeoutMs },
    drain,
    metrics,
    checkAnswers: options.checkAnswers ?? (config.NODE_ENV === 'test' || config.NODE_ENV === 'development'),
    logger,
    clock,
    corsOrigins: options.corsOrigins ?? config.FAIRLEAD_CORS_ORIGINS,
    ready: () => database.ready(),
    metricsToken: config.FAIRLEAD_METRICS_TOKEN,
    openApi: createOpenApi(),
  })
}

/** What happens without a request: runs, due questions, cleaning up. */
function createBackground(
  { options, database, logger }: Foundation,
  { workflow, experiment }: { workflow: WorkflowRoom; experiment: ExperimentRoom },
) {
  let jobs: Jobs | undefined
  return {
    async start() {
      jobs = await createJobs(database, { logger })
      await jobs.schedule('retention', retentionSchedule, (_data, signal) => runRetention(database, signal))
      await experiment.start(jobs)
      await workflow.start({ works: options.worker ?? true, jobs })
    },
    async stop() {
      await jobs?.stop({ timeoutMs: jobsTimeoutMs })
      await workflow.close()
    },
  }
}

const bodyTimeoutMs = 30_000
const jobsTimeoutMs = 5_000

function jwtOf(config: Config): JwtOptions | undefined {
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_JWKS_URL: jwksUrl } = config
  if (issuer === undefined || audience === undefined || jwksUrl === undefined) return undefined
  return { issuer, audience, jwksUrl, organizationClaim: config.JWT_ORGANIZATION_CLAIM }
}

function createHandle({ options, config, logger, database, models, drain }: Foundation, rooms: Rooms): ControlPlane {
  const drainTimeoutMs = options.drainTimeoutMs ?? config.FAIRLEAD_DRAIN_SECONDS * 1000
  let server: HttpServer | undefined
  let closed: Promise<void> | undefined
  const close = async () => {
    const stopped = server?.stop(drainTimeoutMs)
    await Promise.all([drain.finish(drainTimeoutMs), rooms.stopWorking(drainTimeoutMs)])
    await stopped
    await rooms.stop()
    await database.close()
  }
  return {
    ...rooms.operator,
    app: rooms.app,
    database,
    logger,
    modelDescription: models.description,
    get url() {
      if (server) return server.url
      throw new FairleadError('http.not_listening', 'The control plane does not listen: call listen() first.')
    },
    async listen(port = config.PORT, host = config.HOST) {
      if (server) throw new FairleadError('http.listening', `The control plane listens on ${server.url} already.`)
      server = await listen(rooms.app, port, host)
      return server.url
    },
    verifyKey: (apiKey) => isAccepted(rooms.authenticator.principal(`Bearer ${apiKey}`)),
    close: () => (closed ??= close()),
  }
}

async function isAccepted(principal: Promise<unknown>): Promise<boolean> {
  try {
    await principal
    return true
  } catch (error) {
    if (error instanceof FairleadError && error.code === 'auth.unauthenticated') return false
    throw error
  }
}

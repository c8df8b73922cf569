import type { Clock } from '@fairlead/core/base'
import { createId } from '@fairlead/core/base'
import { contract } from '@fairlead/core/contract'
import type { EndpointName } from '@fairlead/core/endpoints'
import { endpoints } from '@fairlead/core/endpoints'
import cors from 'cors'
import type { ErrorRequestHandler, Express, RequestHandler, Router } from 'express'
import express from 'express'
import helmet from 'helmet'
import type { Logger } from 'pino'
import { pinoHttp } from 'pino-http'
import { encodeProblem, requestIdOf, writeAnswer } from './answer.ts'
import type { BoundEndpoint, RouteParts } from './endpoint-route.ts'
import { serveEndpoint } from './endpoint-route.ts'
import type { Handlers } from './handler.ts'
import { metricsRoute } from './metrics.ts'
import { problem, statusOf } from './problem.ts'
import { discardBody } from './read-body.ts'

export interface AppParts extends RouteParts {
  logger: Logger
  clock: Clock
  /** Origins whose pages may call the API; `*` for all; none by default. */
  corsOrigins: readonly string[]
  /** Whether requests can be served now. */
  ready: () => Promise<{ ok: boolean; [detail: string]: unknown }>
  metricsToken: string | undefined
  /** The OpenAPI document as JSON text, for an API that is served under this path. */
  openApi: (basePath: string) => string
}

/**
 * The Express app of the control plane: health and metrics, the OpenAPI document, and the API under `/api/v1`. It serves
 * by itself or mounted below any path of another Express app. Whatever goes wrong is answered as problem details.
 */
export function createApp<Names extends EndpointName>(handlers: Handlers<Names>, parts: AppParts): Express {
  const app = express()
  app.disable('x-powered-by').disable('etag')
  app.use(identify(parts.clock), helmet(headersOfAnApi), log(parts.logger))
  app.get('/livez', (_request, response) => void response.json({ status: 'alive' }))
  app.get('/readyz', readiness(parts))
  app.get('/metrics', metricsRoute(parts.metrics, parts.metricsToken))
  if (parts.corsOrigins.length > 0) app.use(cors(corsOptions(parts.corsOrigins)))
  app.use('/api/v1', apiRouter(handlers, parts))
  app.use((request) => {
    // The whole path, also below the one that the app is mounted at.
    const path = request.originalUrl.replace(/\?.*/s, '')
    const api = `${request.baseUrl}/api/v1`
    const hint = path.startsWith(api) ? '' : ` The API is below ${api}.`
    throw problem('http.not_found', `There is nothing at ${path}.${hint}`)
  })
  app.use(answerFailure)
  return app
}

function apiRouter<Names extends EndpointName>(handlers: Handlers<Names>, parts: AppParts): Router {
  const router = express.Router()
  router.get('/openapi.json', (request, response) => {
    response.set({ 'Cache-Control': 'public, max-age=300', 'Access-Control-Allow-Origin': '*' })
    response.type('application/json').send(parts.openApi(request.baseUrl))
  })
  for (const [path, bounds] of Map.groupBy(bind(handlers), ({ endpoint }) => endpoint.path)) {
    const methods = allowedMethods(bounds)
    for (const bound of bounds) addRoute(router, bound, parts)
    router.all(path, refuseMethod(methods))
  }
  return router
}

/** Literal segments come before parameters, so that `/workflows/validate` is not taken for an id. */
function bind<Names extends EndpointName>(handlers: Handlers<Names>): BoundEndpoint[] {
  const names = Object.keys(handlers) as Names[]
  return names
    .map((name) => ({
      name,
      endpoint: endpoints[name],
      contract: contract[name],
      handle: handlers[name] as BoundEndpoint['handle'],
    }))
    .toSorted((one, other) => (sortKey(one.endpoint.path) < sortKey(other.endpoint.path) ? -1 : 1))
}

const sortKey = (path: string) => path.replaceAll(':', '\uffff')

function addRoute(router: Router, bound: BoundEndpoint, parts: AppParts): void {
  const { method, path, stream } = bound.endpoint
  const verb = method.toLowerCase() as Lowercase<typeof method>
  if (stream) router.head(path, refuseMethod(['GET', 'OPTIONS']))
  router[verb](path, (request, response) => {
    if (!stream) timeRequest(bound, parts, request.method, response)
    return parts.drain.track(serveEndpoint(bound, parts, request, response))
  })
}

function timeRequest({ name }: BoundEndpoint, { metrics }: AppParts, method: string, response: express.Response): void {
  const startedAt = performance.now()
  response.once('close', () => {
    const seconds = (performance.now() - startedAt) / 1000
    const status = response.writableFinished ? response.statusCode : clientGone
    metrics.observe({ endpoint: name, method, status, seconds })
  })
}

/** What no client ever sees: it went away before its answer. The number is nginx's. */
const clientGone = 499

function allowedMethods(bounds: readonly BoundEndpoint[]): string[] {
  const methods = bounds.flatMap(({ endpoint: { method, stream } }) => {
    return method === 'GET' && !stream ? ['GET', 'HEAD'] : [method]
  })
  return [...methods, 'OPTIONS'].toSorted()
}

function refuseMethod(methods: readonly string[]): RequestHandler {
  const allow = methods.join(', ')
  return (request, response) => {
    if (request.method === 'OPTIONS') {
      response.status(204).set('Allow', allow).end()
      return
    }
    throw problem('http.method_not_allowed', `${request.method} is not possible here. Allowed: ${allow}.`, {
      headers: { Allow: allow },
    })
  }
}

/** A client's own request id is kept when it is harmless, so that logs on both sides can be joined. */
function identify(clock: Clock): RequestHandler {
  return (request, response, next) => {
    const given = request.get('X-Request-Id') ?? ''
    const requestId = /^[\w.-]{1,64}$/.test(given) ? given : createId(clock, (bytes) => crypto.getRandomValues(bytes))
    response.locals.requestId = requestId
    response.set('X-Request-Id', requestId)
    next()
  }
}

/** Only what is listed is logged: no header, no body, no query. */
function log(logger: Logger): RequestHandler {
  return pinoHttp({
    logger,
    genReqId: (_request, response) => requestIdOf(response as express.Response),
    autoLogging: { ignore: ({ url }) => url === '/livez' || url === '/readyz' || url === '/metrics' },
    customLogLevel: (_request, { statusCode }, error) => (error || statusCode >= 500 ? 'error' : 'info'),
    redact: ['req.headers.authorization'],
    serializers: {
      req: ({ id, method, url }) => ({ id, method, path: String(url).split('?')[0] }),
      res: ({ statusCode }) => ({ statusCode }),
    },
  })
}

function readiness({ ready, drain }: AppParts): RequestHandler {
  return async (_request, response) => {
    const state = drain.isDraining ? { ok: false, draining: true } : await ready()
    const { ok, ...details } = state
    response
      .status(ok ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({ status: ok ? 'ready' : 'not ready', ...details })
  }
}

const headersOfAnApi = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
}

function corsOptions(origins: readonly string[]): cors.CorsOptions {
  return {
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'If-Match',
      'If-None-Match',
      'Last-Event-ID',
      'X-Request-Id',
    ],
    exposedHeaders: [
      'ETag',
      'Idempotency-Replayed',
      'Location',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'X-Request-Id',
    ],
    maxAge: 600,
  }
}

const answerFailure: ErrorRequestHandler = (error, request, response, _next) => {
  // What was given up because nobody waits for it any more has not failed.
  if (response.destroyed) return
  const failure = error instanceof URIError ? malformedUrl() : error
  if (statusOf(failure) >= 500) request.log.error({ err: failure }, 'The request failed')
  // A stream that broke has been answered already: all that is left is to end it.
  if (response.headersSent) {
    response.destroy()
    return
  }
  writeAnswer(request, response, encodeProblem(failure, request, response))
  discardBody(request)
}

function malformedUrl() {
  return problem('http.malformed_url', 'The URL holds a "%" that is no percent-encoding. Encode it as "%25".')
}

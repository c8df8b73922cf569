import type { RequestHandler } from 'express'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What the HTTP layer counts, in the registry that every room adds its own metrics to. */
export interface HttpMetrics {
  registry: Registry
  observe(request: { endpoint: string; method: string; status: number; seconds: number }): void
  /** Counts a stream while it is open; call the result when it ends. */
  streamOpened(endpoint: string): () => void
}

export interface MetricsOptions {
  /** Memory, CPU, event loop and garbage collection of this process too: for a process of its own. */
  process?: boolean
}

export function createMetrics({ process: withProcess = false }: MetricsOptions = {}): HttpMetrics {
  const registry = new Registry()
  if (withProcess) collectDefaultMetrics({ register: registry })
  const duration = new Histogram({
    name: 'fairlead_http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer, streams left out.',
    labelNames: ['endpoint', 'method', 'status'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  })
  const streams = new Gauge({
    name: 'fairlead_http_open_streams',
    help: 'Clients that follow a stream of events.',
    labelNames: ['endpoint'] as const,
    registers: [registry],
  })
  const streamsTotal = new Counter({
    name: 'fairlead_http_streams_total',
    help: 'Streams of events that were opened.',
    labelNames: ['endpoint'] as const,
    registers: [registry],
  })
  return {
    registry,
    observe({ endpoint, method, status, seconds }) {
      duration.observe({ endpoint, method, status }, seconds)
    },
    streamOpened(endpoint) {
      streams.inc({ endpoint })
      streamsTotal.inc({ endpoint })
      return () => streams.dec({ endpoint })
    },
  }
}

/** Answers in Prometheus' text format. With a token, only who brings it as a bearer token. */
export function metricsRoute({ registry }: HttpMetrics, token: string | undefined): RequestHandler {
  return async (request, response) => {
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      response.status(401).set('WWW-Authenticate', 'Bearer realm="metrics"').end()
      return
    }
    const text = await registry.metrics()
    response.set('Content-Type', registry.contentType).set('Cache-Control', 'no-store').end(text)
  }
}

import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { FairleadError } from '@fairlead/core/base'
import type { Express } from 'express'

export interface HttpServer {
  /** Where it can be reached, such as `http://127.0.0.1:4400`. */
  url: string
  /** Takes no new connections and ends the others with their answer, or without one after `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>
}

/** A client that dribbles its headers or its body, to hold a connection, is cut off. */
const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
}

/** Listens; throws `http.port_taken` and `http.cannot_listen` with what to do about it. */
export async function listen(app: Express, port: number, host: string): Promise<HttpServer> {
  const server = createServer(timeouts, app)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error) => reject(asListenFailure(error, port, host)))
  server.listen(port, host, resolve)
  await promise
  return { url: urlOf(server.address() as AddressInfo, host), stop: (timeoutMs) => stop(server, sockets, timeoutMs) }
}

async function stop(server: Server, sockets: ReadonlySet<Socket>, timeoutMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // A connection that was busy is idle once its answer is out, and would then be kept for the client's next request.
  const sweep = setInterval(() => {
    server.closeIdleConnections()
    // One that was only opened, for a request to come, does not count as idle.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  }, 50)
  const cut = setTimeout(() => server.closeAllConnections(), timeoutMs + 1_000)
  await closed
  clearInterval(sweep)
  clearTimeout(cut)
}

function urlOf({ port }: AddressInfo, host: string): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

function asListenFailure(error: NodeJS.ErrnoException, port: number, host: string): FairleadError {
  if (error.code === 'EADDRINUSE') {
    return new FairleadError(
      'http.port_taken',
      `Port ${port} on ${host} is taken by another program. Choose another with --port or PORT, such as ${port + 1}.`,
      { data: { port, host }, cause: error },
    )
  }
  return new FairleadError(
    'http.cannot_listen',
    `Can't listen on ${host}:${port}: ${error.message}. Check --host and --port.`,
    {
      data: { port, host },
      cause: error,
    },
  )
}

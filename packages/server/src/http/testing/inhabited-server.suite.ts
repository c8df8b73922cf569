import { setTimeout as delay } from 'node:timers/promises'
import type { ResponseOf } from '@fairlead/core/contract'
import type { EndpointName } from '@fairlead/core/endpoints'
import type { Role } from '@fairlead/core/tenant'
import { pino } from 'pino'
import type { BackendKind } from '../../database/testing/index.ts'
import { openTestDatabase } from '../../database/testing/index.ts'
import type { ControlPlane, ControlPlaneOptions } from '../../start.ts'
import { createControlPlane } from '../../start.ts'
import { DemoChatModel } from '../../workflow/demo-model.ts'
import type { Answer, LooseRequest, ValidRequest } from './call.suite.ts'
import { callEndpoint, pathOf } from './call.suite.ts'
import type { Issuer, Person } from './issuer.suite.ts'
import { openIssuer } from './issuer.suite.ts'

/** An organization as its own clients see it. */
export interface Inhabitant {
  id: string
  /** Stands in every name and text of this organization and nowhere else. */
  marker: string
  /** A key of all permissions. */
  key: string
  /** Another text each time, with the marker in it. */
  name(): string
  /** Sends a valid request with the organization's key, and fails unless it succeeds. */
  ask<Name extends EndpointName>(
    name: Name,
    request: ValidRequest<Name>,
  ): Promise<{ body: ResponseOf<Name>; etag: string }>
  /** A new member, by the token of the issuer. */
  join(role: Role): Promise<{ userId: string; token: string; email: string }>
  /** A person who is not a member of anything yet. */
  stranger(): Promise<{ token: string; email: string }>
  /** Resolves once that run waits for a person; answers the address of the question. */
  untilWaiting(runId: string): Promise<string>
}

/** A control plane that listens, with the means to fill it. */
export interface InhabitedServer {
  controlPlane: ControlPlane
  /** Where endpoints' paths begin. */
  apiUrl: string
  /** Everything that was logged as an error since the beginning: a server's fault never goes by unnoticed. */
  errors: string[]
  call(name: EndpointName, request: LooseRequest): Promise<Answer>
  inhabit(slug: string): Promise<Inhabitant>
  /** A token of the issuer that the server trusts. */
  tokenFor(person: Person): Promise<string>
  close(): Promise<void>
}

export async function openInhabitedServer(
  options: ControlPlaneOptions = {},
  kind: BackendKind = 'pglite',
): Promise<InhabitedServer> {
  const issuer = await openIssuer()
  const errors: string[] = []
  const controlPlane = await createControlPlane({
    database: await openTestDatabase(kind),
    models: { default: new DemoChatModel({ waits: false }) },
    env: { NODE_ENV: 'test' },
    jwt: issuer.jwt,
    rateLimits: { perPrincipal: 0, perOrganization: 0 },
    logger: pino({ level: 'error' }, { write: (line: string) => void errors.push(line) }),
    ...options,
  })
  const apiUrl = `${await controlPlane.listen(0, '127.0.0.1')}/api/v1`
  return {
    controlPlane,
    apiUrl,
    errors,
    call: (name, request) => callEndpoint(apiUrl, name, request),
    inhabit: (slug) => inhabit({ controlPlane, apiUrl, issuer }, slug),
    tokenFor: issuer.tokenFor,
    async close() {
      await controlPlane.close()
      issuer.close()
    },
  }
}

interface Grounds {
  controlPlane: ControlPlane
  apiUrl: string
  issuer: Issuer
}

async function inhabit({ controlPlane, apiUrl, issuer }: Grounds, slug: string): Promise<Inhabitant> {
  const marker = `${slug}-marker`
  let count = 0
  const name = () => `${marker}-${++count}`
  const { organization, key } = await controlPlane.bootstrapOrganization({ slug, name: marker, keyName: name() })
  const stranger = async () => {
    const subject = name()
    const email = `${subject}@example.com`
    return { email, token: await issuer.tokenFor({ subject, email }) }
  }
  const ask: Inhabitant['ask'] = async (endpoint, request) => {
    const answer = await callEndpoint(apiUrl, endpoint, { credential: key.secret, ...request } as LooseRequest)
    if (answer.status >= 300) throw new Error(`${endpoint} answered ${answer.status}: ${answer.text}`)
    return { body: answer.body as ResponseOf<typeof endpoint>, etag: answer.headers.get('ETag') ?? '' }
  }
  return {
    id: organization.id,
    marker,
    key: key.secret,
    name,
    ask,
    stranger,
    async join(role) {
      const { email, token } = await stranger()
      const invitation = await ask('createInvitation', { body: { email, role } })
      const { body } = await ask('acceptInvitation', { body: { token: invitation.body.token }, credential: token })
      return { userId: body.userId, token, email }
    },
    async untilWaiting(runId) {
      const url = `${apiUrl}${pathOf('streamRunEvents', { id: runId })}`
      return untilWaiting(url, key.secret)
    },
  }
}

const patienceMs = 20_000

/** Follows the run's events, which says when it is so without asking again and again. */
async function untilWaiting(url: string, credential: string): Promise<string> {
  const gone = new AbortController()
  const late = delay(patienceMs, undefined, { signal: gone.signal, ref: false })
  late.then(() => gone.abort()).catch(() => {})
  const response = await fetch(url, { headers: { Authorization: `Bearer ${credential}` }, signal: gone.signal })
  let text = ''
  try {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const [, data] = /^data: (.*"type":"run\.waiting".*)$/m.exec(text) ?? []
      if (data !== undefined) return JSON.parse(data).addresses[0]
    }
  } finally {
    gone.abort()
  }
  throw new Error(`The run never came to wait: ${text}`)
}

import type { Permission } from '@fairlead/core/base'
import type { contract, ParsedRequestOf } from '@fairlead/core/contract'
import type { EndpointName, endpoints } from '@fairlead/core/endpoints'
import type { Role } from '@fairlead/core/tenant'
import type { Request, Response } from 'express'
import type * as z from 'zod'
import type { PageCursor } from './cursor.ts'

/** Who a request acts as: taken from the credential alone, never from path or body. */
export interface Principal {
  kind: 'key' | 'user' | 'browser' | 'system'
  /** The key's id, the user's id, or the subject that a browser token was minted for. */
  id: string
  organizationId: string
  /** The membership's role; null for keys and browser tokens, which have scopes only. */
  role: Role | null
  permissions: ReadonlySet<Permission>
  /** The row in `users` behind the credential; null for everyone but users. */
  userId: string | null
  /** Who answers for what the credential does: the user, or whoever made the key or minted the token; null for an operator's. */
  responsibleUserId: string | null
  /** How to show who it was: a user's name, a key's name, a browser token's subject. */
  name: string
  email: string | null
}

/** A person whose token was verified, before any organization is chosen. */
export interface UserIdentity {
  kind: 'identity'
  /** The row in `users`. */
  userId: string
  name: string
  email: string | null
  emailVerified: boolean
}

/** What a handler gets once credential, permission, limits, preconditions and shapes have been checked. */
export interface HandlerContext<Name extends EndpointName> {
  principal: PrincipalOf<Name>
  organizationId: PrincipalOf<Name> extends Principal ? string : null
  params: ParsedRequestOf<Name>['params']
  query: ParsedRequestOf<Name>['query']
  body: ParsedRequestOf<Name>['body']
  /** The tag that must still be the current one, without its quotes; null where there must be none yet. */
  ifMatch: PreconditionOf<(typeof endpoints)[Name]>
  /** The header as it came; a plain GET needs not look at it, its `etag` is compared afterwards. */
  ifNoneMatch: string | undefined
  /** Reads the list's `cursor` and makes the next one. */
  cursor: PageCursor
  requestId: string
  /**
   * Aborts when the client goes away, with reason `http.draining` when the server is about to close, and for a stream when
   * its credential is not good any more.
   */
  signal: AbortSignal
  /** For streams only: `Last-Event-ID` and the like. */
  request: Request
}

/**
 * What a handler answers. `etag` is bare, it gets its quotes later; `location` is below `/api/v1`, such as `/runs/<id>`.
 * Failures are thrown: a `FairleadError` whose code stands in the table of problem.ts.
 */
export type HandlerResult<Name extends EndpointName> = (typeof endpoints)[Name] extends { stream: true }
  ? StreamResult
  : JsonResult<Name>

/** Takes the response over, and resolves once it has ended. Must end it when the context's signal aborts. */
export interface StreamResult {
  stream: (response: Response) => Promise<void>
}

export type JsonResult<Name extends EndpointName> = AnswerOf<Responses<Name>> & {
  etag?: string
  location?: string
  headers?: Record<string, string>
}

export type Handler<Name extends EndpointName> = (context: HandlerContext<Name>) => Promise<HandlerResult<Name>>

/** The routes of a room: exactly one handler for each of its endpoints. */
export type Handlers<Names extends EndpointName> = { [Name in Names]: Handler<Name> }

type PreconditionOf<Asked> = Asked extends { ifMatch: true }
  ? string
  : Asked extends { ifMatch: 'or-none' }
    ? string | null
    : undefined
type PrincipalOf<Name extends EndpointName> = (typeof endpoints)[Name] extends { identity: 'user' }
  ? UserIdentity
  : Principal
type Responses<Name extends EndpointName> = (typeof contract)[Name]['responses']
type AnswerOf<ByStatus> = {
  [Status in keyof ByStatus]: ByStatus[Status] extends z.ZodType
    ? { status: Status; body: z.output<ByStatus[Status]> }
    : { status: Status; body?: undefined }
}[keyof ByStatus]

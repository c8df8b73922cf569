import type { ResponseOf } from '@fairlead/core/contract'
import { tenantEndpoints } from '@fairlead/core/endpoints'
import type { ApiKey, Invitation, Member, NewApiKey, Organization, Principal } from '@fairlead/core/tenant'
import type { List } from '../page.ts'
import { listFrom } from '../page.ts'
import type { BodyOf, CallOptions, QueryOf, Transport } from '../transport.ts'
import type { Versioned } from '../versioned.ts'
import { etagOf, versioned } from '../versioned.ts'

/** The organization of the credential, its people and its credentials. */
export class Tenant {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport.to(tenantEndpoints)
  }

  /** Who the credential is, and what it may do. */
  async me(options?: CallOptions): Promise<Principal> {
    return (await this.#transport.call('getPrincipal', {}, options)).body
  }

  async organization(options?: CallOptions): Promise<Versioned<Organization>> {
    return versioned(await this.#transport.call('getOrganization', {}, options))
  }

  /** Throws a `FairleadConflictError` (`tenant.organization_changed`) when it is not what was read any more. */
  async updateOrganization(
    seen: { etag: string },
    change: BodyOf<'updateOrganization'>,
    options?: CallOptions,
  ): Promise<Versioned<Organization>> {
    const ifMatch = etagOf(seen, 'tenant.updateOrganization', 'organization')
    return versioned(await this.#transport.call('updateOrganization', { body: change, ifMatch }, options))
  }

  members(query: QueryOf<'listMembers'> = {}, options?: CallOptions): List<Member> {
    return listFrom(this.#transport, 'listMembers', { query }, options)
  }

  async updateMember(userId: string, change: BodyOf<'updateMember'>, options?: CallOptions): Promise<Member> {
    return (await this.#transport.call('updateMember', { params: { userId }, body: change }, options)).body
  }

  async removeMember(userId: string, options?: CallOptions): Promise<void> {
    await this.#transport.call('removeMember', { params: { userId } }, options)
  }

  invitations(query: QueryOf<'listInvitations'> = {}, options?: CallOptions): List<Invitation> {
    return listFrom(this.#transport, 'listInvitations', { query }, options)
  }

  /** The invitation's `token` is given out this one time. */
  async invite(invitation: BodyOf<'createInvitation'>, options?: CallOptions): Promise<ResponseOf<'createInvitation'>> {
    return (await this.#transport.call('createInvitation', { body: invitation }, options)).body
  }

  async revokeInvitation(id: string, options?: CallOptions): Promise<void> {
    await this.#transport.call('revokeInvitation', { params: { id } }, options)
  }

  /** Joins the organization that the invitation is of; with a person's own token as `apiKey`. */
  async acceptInvitation(token: string, options?: CallOptions): Promise<Member> {
    return (await this.#transport.call('acceptInvitation', { body: { token } }, options)).body
  }

  keys(query: QueryOf<'listKeys'> = {}, options?: CallOptions): List<ApiKey> {
    return listFrom(this.#transport, 'listKeys', { query }, options)
  }

  async key(id: string, options?: CallOptions): Promise<ApiKey> {
    return (await this.#transport.call('getKey', { params: { id } }, options)).body
  }

  /** The key's `secret` is given out this one time. */
  async createKey(key: BodyOf<'createKey'>, options?: CallOptions): Promise<NewApiKey> {
    return (await this.#transport.call('createKey', { body: key }, options)).body
  }

  /** Makes a key that replaces this one, which goes on working for a while (a day, unless the request says). */
  async rotateKey(id: string, request: BodyOf<'rotateKey'> = {}, options?: CallOptions): Promise<NewApiKey> {
    return (await this.#transport.call('rotateKey', { params: { id }, body: request }, options)).body
  }

  async revokeKey(id: string, options?: CallOptions): Promise<void> {
    await this.#transport.call('revokeKey', { params: { id } }, options)
  }

  /** A short-lived token for a page in a browser, with some of the caller's permissions. */
  async createBrowserToken(
    request: BodyOf<'createBrowserToken'>,
    options?: CallOptions,
  ): Promise<ResponseOf<'createBrowserToken'>> {
    return (await this.#transport.call('createBrowserToken', { body: request }, options)).body
  }
}

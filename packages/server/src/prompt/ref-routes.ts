import type { PromptReference, refEndpoints } from '@fairlead/core/prompt'
import type { HandlerContext, Handlers } from '../http/index.ts'
import { pageOf } from '../http/index.ts'
import { actorOf } from './actor.ts'
import { headIn } from './prompt-tag.ts'
import type { RefService } from './ref-service.ts'
import type { RefKind } from './ref-store.ts'

const pathOf = { branch: 'branches', label: 'labels', tag: 'tags' } as const

/** What the three kinds have in common. */
type Named = Pick<HandlerContext<'getPromptBranch'>, 'organizationId' | 'params'>
type Moving = Pick<HandlerContext<'movePromptBranch'>, 'organizationId' | 'principal' | 'params' | 'body' | 'ifMatch'>
type Removing = Pick<
  HandlerContext<'removePromptBranch'>,
  'organizationId' | 'principal' | 'params' | 'query' | 'ifMatch'
>

/** Branches, labels and tags over HTTP. A ref's ETag is the commit hash of the version it names. */
export function createRefRoutes(refs: RefService): Handlers<keyof typeof refEndpoints> {
  const reading =
    (kind: RefKind) =>
    async ({ organizationId, params }: Named) => {
      const reference = await refs.get(organizationId, params.id, { kind, name: params.name })
      return { status: 200 as const, body: reference, etag: reference.version.commitHash }
    }
  const moving =
    (kind: 'branch' | 'label') =>
    async ({ organizationId, principal, params, body, ifMatch }: Moving) => {
      const ref = { kind, name: params.name }
      const request = { ...body, expectedHash: headIn(ifMatch) }
      const reference = await refs.move(organizationId, params.id, actorOf(principal), ref, request)
      const answer = { body: reference, etag: reference.version.commitHash }
      return ifMatch === null
        ? { status: 201 as const, ...answer, location: locationOf(reference) }
        : { status: 200 as const, ...answer }
    }
  const removing =
    (kind: RefKind) =>
    async ({ organizationId, principal, params, query, ifMatch }: Removing) => {
      const ref = { kind, name: params.name }
      await refs.remove(organizationId, params.id, actorOf(principal), ref, { ...query, expectedHash: headIn(ifMatch) })
      return { status: 204 as const }
    }
  return {
    async listPromptRefs({ organizationId, params, query: { limit, kind }, cursor }) {
      const after = cursor.after('string', 'string') as [RefKind, string] | undefined
      const rows = await refs.list(organizationId, params.id, kind, { limit: limit + 1, after })
      const position = (ref: PromptReference) => [ref.kind, ref.name]
      return { status: 200, body: pageOf(rows, { limit, cursor, item: (ref) => ref, position }) }
    },
    getPromptBranch: reading('branch'),
    movePromptBranch: moving('branch'),
    removePromptBranch: removing('branch'),
    getPromptLabel: reading('label'),
    movePromptLabel: moving('label'),
    removePromptLabel: removing('label'),
    getPromptTag: reading('tag'),
    async createPromptTag({ organizationId, principal, params, body }) {
      const reference = await refs.createTag(organizationId, params.id, actorOf(principal), body)
      return { status: 201, body: reference, location: locationOf(reference), etag: reference.version.commitHash }
    },
    removePromptTag: removing('tag'),
    async listPromptRefLog({ organizationId, params, query: { limit, ...filter }, cursor }) {
      const [after] = cursor.after('string') ?? []
      const rows = await refs.log(organizationId, params.id, filter, { limit: limit + 1, after })
      return { status: 200, body: pageOf(rows, { limit, cursor, item: (entry) => entry, position: ({ id }) => [id] }) }
    },
  }
}

function locationOf({ kind, name, version }: PromptReference): string {
  return `/prompts/${version.promptId}/${pathOf[kind]}/${name}`
}

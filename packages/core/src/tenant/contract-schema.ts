import * as z from 'zod'
import type { EndpointContract } from '../base/contract-schema.ts'
import { PageQuery, page, Timestamp } from '../base/contract-schema.ts'
import { permissions } from '../base/endpoint.ts'
import type { tenantEndpoints } from './endpoints.ts'
import { browserPermissions, roles } from './role.ts'

const Id = z.strictObject({ id: z.uuidv7() })
const UserId = z.strictObject({ userId: z.uuidv7() })

export const Role = z.enum(roles)
export type Role = z.infer<typeof Role>

export const PermissionName = z.enum(permissions)

export const Organization = z.strictObject({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  settings: z.record(z.string(), z.unknown()),
  createdAt: Timestamp,
})
export type Organization = z.infer<typeof Organization>

/** Who a request acts as, and what that may do. */
export const Principal = z.strictObject({
  kind: z.enum(['key', 'user', 'browser']),
  id: z.string(),
  organizationId: z.string(),
  role: Role.nullable(),
  permissions: z.array(PermissionName),
})
export type Principal = z.infer<typeof Principal>

export const Member = z.strictObject({
  userId: z.string(),
  email: z.string().nullable(),
  name: z.string().nullable(),
  role: Role,
  createdAt: Timestamp,
})
export type Member = z.infer<typeof Member>

export const Invitation = z.strictObject({
  id: z.string(),
  email: z.string(),
  role: Role,
  status: z.enum(['pending', 'accepted', 'revoked', 'expired']),
  expiresAt: Timestamp,
  createdAt: Timestamp,
})
export type Invitation = z.infer<typeof Invitation>

/** A key without its secret, which is shown once, when the key is made. */
export const ApiKey = z.strictObject({
  id: z.string(),
  name: z.string(),
  environment: z.enum(['live', 'test']),
  scopes: z.array(PermissionName),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
  revokedAt: Timestamp.nullable(),
  lastUsedAt: Timestamp.nullable(),
  replacesKeyId: z.string().nullable(),
})
export type ApiKey = z.infer<typeof ApiKey>

export const NewApiKey = ApiKey.extend({ secret: z.string() })
export type NewApiKey = z.infer<typeof NewApiKey>

export const tenantContract = {
  getPrincipal: { responses: { 200: Principal } },
  getOrganization: { responses: { 200: Organization } },
  updateOrganization: {
    body: z.strictObject({ name: z.string().min(1).max(255), settings: z.record(z.string(), z.unknown()).optional() }),
    responses: { 200: Organization },
  },
  listMembers: { query: PageQuery, responses: { 200: page(Member) } },
  updateMember: { params: UserId, body: z.strictObject({ role: Role }), responses: { 200: Member } },
  removeMember: { params: UserId, responses: { 204: null } },
  listInvitations: { query: PageQuery, responses: { 200: page(Invitation) } },
  createInvitation: {
    body: z.strictObject({
      email: z.email().max(320),
      role: Role,
      expiresInSeconds: z.int().min(60).max(2_592_000).optional(),
    }),
    responses: { 201: Invitation.extend({ token: z.string() }) },
  },
  revokeInvitation: { params: Id, responses: { 204: null } },
  acceptInvitation: { body: z.strictObject({ token: z.string().max(500) }), responses: { 200: Member } },
  listKeys: { query: PageQuery, responses: { 200: page(ApiKey) } },
  createKey: {
    body: z.strictObject({
      name: z.string().min(1).max(255),
      environment: z.enum(['live', 'test']).default('live'),
      scopes: z.array(PermissionName).min(1),
      expiresAt: Timestamp.optional(),
    }),
    responses: { 201: NewApiKey },
  },
  getKey: { params: Id, responses: { 200: ApiKey } },
  /** The old key goes on working for `overlapSeconds`. */
  rotateKey: {
    params: Id,
    body: z.strictObject({ overlapSeconds: z.int().min(0).max(2_592_000).default(86_400) }),
    responses: { 201: NewApiKey },
  },
  revokeKey: { params: Id, responses: { 204: null } },
  createBrowserToken: {
    body: z.strictObject({
      scopes: z.array(z.enum(browserPermissions)).min(1),
      subject: z.string().min(1).max(255),
      expiresInSeconds: z.int().min(60).max(3600).default(900),
    }),
    responses: { 201: z.strictObject({ token: z.string(), expiresAt: Timestamp }) },
  },
} as const satisfies Record<keyof typeof tenantEndpoints, EndpointContract>

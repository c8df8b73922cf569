import type { Permission } from '../base/endpoint.ts'
import { permissions } from '../base/endpoint.ts'

/** What a member may be, the mightiest first; each may do all that the next one may. */
export const roles = ['owner', 'admin', 'editor', 'viewer'] as const
export type Role = (typeof roles)[number]

const viewer = [
  'workflow:read',
  'run:read',
  'prompt:read',
  'experiment:read',
  'analytics:read',
  'member:read',
  'organization:read',
] as const satisfies readonly Permission[]

const editor = [
  ...viewer,
  'workflow:write',
  'run:execute',
  'run:resume',
  'prompt:write',
  'prompt:try',
  'experiment:write',
  'experiment:record',
  'score:write',
] as const satisfies readonly Permission[]

const admin = [
  ...editor,
  'member:write',
  'key:read',
  'key:write',
  'token:write',
  'prompt:import',
  'prompt:check',
  'prompt:protect',
  'price:write',
  'organization:write',
] as const satisfies readonly Permission[]

const permissionsOfRole: Record<Role, ReadonlySet<Permission>> = {
  owner: new Set(permissions),
  admin: new Set(admin),
  editor: new Set(editor),
  viewer: new Set(viewer),
}

/**
 * What a token in a browser may be good for at most: all that an editor may do. It reaches pages and their visitors, so
 * it never makes keys, members or other tokens.
 */
export const browserPermissions = editor

/** What a role may do. */
export function permissionsOf(role: Role): ReadonlySet<Permission> {
  return permissionsOfRole[role]
}

/**
 * Whether somebody may give a role, take it away, or act on whoever has it: nobody reaches above what they are. A key
 * has no role; it reaches the roles that may do nothing that the key may not.
 */
export function mayGrant(granter: { role: Role | null; permissions: ReadonlySet<Permission> }, role: Role): boolean {
  if (granter.role !== null) return roles.indexOf(granter.role) <= roles.indexOf(role)
  return [...permissionsOf(role)].every((permission) => granter.permissions.has(permission))
}

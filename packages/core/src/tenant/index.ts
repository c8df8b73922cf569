export type { ApiKey, Invitation, Member, NewApiKey, Organization, Principal } from './contract-schema.ts'
export { tenantEndpoints } from './endpoints.ts'
export type { Role } from './role.ts'
export { browserPermissions, mayGrant, permissionsOf, roles } from './role.ts'

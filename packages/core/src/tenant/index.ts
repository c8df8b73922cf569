export type { ApiKey, Invitation, Member, NewApiKey, Organization, Principal, Role } from './contract-schema.ts'
export { tenantEndpoints } from './endpoints.ts'

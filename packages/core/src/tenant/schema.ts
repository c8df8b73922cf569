export {
  ApiKey,
  Invitation,
  Member,
  NewApiKey,
  Organization,
  PermissionName,
  Principal,
  Role,
  tenantContract,
} from './contract-schema.ts'

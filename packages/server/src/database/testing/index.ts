export { createOrganization, newId } from './one-row-each.ts'
export { asAdmin, withLogin } from './postgres-template.ts'
export type { BackendKind, TestLocation } from './test-database.ts'
export { backends, createTestLocation, openTestDatabase, postgresTemplate } from './test-database.ts'

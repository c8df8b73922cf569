import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { permissions } from '../base/endpoint.ts'
import { browserPermissions, mayGrant, permissionsOf, roles } from './role.ts'

const anyRole = fc.constantFrom(...roles)
const anyPermissions = fc.subarray([...permissions]).map((list) => new Set(list))
const asUser = (role: (typeof roles)[number]) => ({ role, permissions: permissionsOf(role) })

const isPart = (part: ReadonlySet<string>, whole: ReadonlySet<string>) => [...part].every((item) => whole.has(item))

describe('roles', () => {
  test('each may do strictly or equally much of what the one before may', () => {
    for (const [index, role] of roles.entries()) {
      const mightier = roles[index - 1]
      if (mightier) expect(isPart(permissionsOf(role), permissionsOf(mightier))).toBe(true)
    }
  })

  test('an owner may do everything, a viewer only reads', () => {
    expect([...permissionsOf('owner')]).toEqual([...permissions])
    expect([...permissionsOf('viewer')].every((permission) => permission.endsWith(':read'))).toBe(true)
  })

  test('whoever grants a role has every permission that comes with it', () => {
    fc.assert(
      fc.property(anyRole, anyRole, (own, granted) => {
        if (!mayGrant(asUser(own), granted)) return
        expect(isPart(permissionsOf(granted), permissionsOf(own))).toBe(true)
      }),
    )
    fc.assert(
      fc.property(anyPermissions, anyRole, (own, granted) => {
        expect(mayGrant({ role: null, permissions: own }, granted)).toBe(isPart(permissionsOf(granted), own))
      }),
    )
  })

  test('an admin grants admin but not owner', () => {
    expect(mayGrant(asUser('admin'), 'admin')).toBe(true)
    expect(mayGrant(asUser('admin'), 'owner')).toBe(false)
  })

  test('no key that an admin can make reaches the owners', () => {
    fc.assert(
      fc.property(fc.subarray([...permissionsOf('admin')]), (scopes) => {
        expect(mayGrant({ role: null, permissions: new Set(scopes) }, 'owner')).toBe(false)
      }),
    )
    expect(mayGrant({ role: null, permissions: permissionsOf('admin') }, 'admin')).toBe(true)
  })

  test('nothing that makes credentials or members reaches a browser', () => {
    expect(browserPermissions.filter((permission) => /^(key|token|member|owner):write$/.test(permission))).toEqual([])
  })
})

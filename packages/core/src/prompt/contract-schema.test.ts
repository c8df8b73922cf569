import { describe, expect, it } from 'vitest'
import { promptContract } from './contract-schema.ts'

/** The pointers to what a body is refused for; none when it is taken. */
function faultsOf(
  endpoint: 'createProtectionRule' | 'updateProtectionRule' | 'setPromptCheck' | 'renderPrompt' | 'tryPrompt',
  body: object,
): string[] {
  const { error } = promptContract[endpoint].body.safeParse(body)
  return (error?.issues ?? []).map(({ path }) => path.map((key) => `/${String(key)}`).join(''))
}

describe('the contract of the prompt room', () => {
  it.each(['createProtectionRule', 'updateProtectionRule'] as const)(
    'has %s ask nothing that no tag can meet',
    (name) => {
      const rule = (refKind: string) => ({ refKind, pattern: 'v*', noDirectCommit: true, requiredApprovals: 1 })
      expect(faultsOf(name, rule('tag'))).toEqual(['/noDirectCommit', '/requiredApprovals'])
      for (const refKind of ['branch', 'label']) expect(faultsOf(name, rule(refKind))).toEqual([])
      expect(faultsOf(name, { refKind: 'tag', pattern: 'v*', requiredChecks: ['lint'] })).toEqual([])
    },
  )

  it.each(['renderPrompt', 'tryPrompt'] as const)('has %s name a version in one way alone', (name) => {
    const ways = { version: 1, branch: 'main', label: 'production' }
    for (const [key, value] of Object.entries(ways)) {
      expect(faultsOf(name, { [key]: value })).toEqual([])
      expect(faultsOf(name, { ...ways, [key]: undefined })).toEqual([''])
    }
    expect(faultsOf(name, ways)).toEqual([''])
    expect(faultsOf(name, {})).toEqual([])
  })

  it('lets nobody say that an experiment has been won', () => {
    const check = (name: string) => ({ name, at: '1', state: 'passed' })
    expect(faultsOf('setPromptCheck', check('experiment'))).toEqual(['/name'])
    expect(faultsOf('setPromptCheck', check('experiments'))).toEqual([])
  })
})

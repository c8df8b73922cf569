import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitraryWorkflow } from './arbitrary.suite.ts'
import { arbitraryCatalog } from './arbitrary-catalog.suite.ts'
import type { Case } from './defect.suite.ts'
import { broken, edge, pointerTo } from './defect.suite.ts'
import { catalogueDefects, dataDefects } from './defect-data.suite.ts'
import { structureDefects } from './defect-structure.suite.ts'
import { orderDesk, orderDeskCatalog } from './fixture.suite.ts'
import { parseWorkflow } from './parse.ts'
import { validateWorkflow } from './validate.ts'

const cases = { ...structureDefects, ...dataDefects }

function expectFindings(changes: Case[1], found: unknown[], catalog?: typeof orderDeskCatalog): void {
  const document = broken(orderDesk(), changes)
  const diagnostics = validateWorkflow(document, catalog)
  const [, , ...expected] = ['', {}, ...(found as [string, string | null, string][])] as Case
  expect(diagnostics.map(({ code, nodeId, path }) => [code, nodeId, path]).sort()).toEqual(
    expected.map(([reason, nodeId, path]) => [`workflow.${reason}`, nodeId, pointerTo(document, path)]).sort(),
  )
  for (const { severity, message, hint } of diagnostics) {
    expect(severity).toBe('error')
    expect(message).toMatch(/^["“A-Z{].*[.?]$/s)
    expect(hint).toMatch(/^["A-Z].*[.?:…)\]]$/s)
  }
}

describe.each(Object.entries(cases))('%s', (_, group) => {
  test.each(group)('%s', (_name, changes, ...found) => expectFindings(changes, found))
})

describe.each(Object.entries(catalogueDefects))('%s', (_, group) => {
  test.each(group)('%s', (_name, changes, ...found) => expectFindings(changes, found, orderDeskCatalog))
})

test('a valid workflow has no finding, with and without a catalogue', () => {
  expect(validateWorkflow(orderDesk())).toEqual([])
  expect(validateWorkflow(orderDesk(), orderDeskCatalog)).toEqual([])
})

test('generated valid workflows have no finding, with and without a catalogue', () => {
  fc.assert(
    fc.property(arbitraryWorkflow(), (workflow) => {
      expect(parseWorkflow(workflow)).toEqual({ ok: true, workflow })
      expect(validateWorkflow(workflow)).toEqual([])
      expect(validateWorkflow(workflow, arbitraryCatalog)).toEqual([])
    }),
    { numRuns: 300 },
  )
})

test('a policy that a node of its type does not follow is a warning', () => {
  const retry = { maxAttempts: 2, initialIntervalMs: 1, backoffFactor: 1 }
  const document = broken(orderDesk(), {
    'nodes.polish.data.timeoutMs': 10,
    'nodes.both.data.retry': retry,
    'nodes.each.data.retry': retry,
    'nodes.check.data.timeoutMs': 10,
    'nodes.approve.data.timeoutMs': 10,
    'nodes.read.data.timeoutMs': 10,
    'nodes.look.data.retry': retry,
  })
  const found = validateWorkflow(document, orderDeskCatalog)
  expect(found.map(({ nodeId, path }) => `${nodeId} ${path.split('/').at(-1)}`)).toEqual([
    'each retry',
    'both retry',
    'polish timeoutMs',
    'check timeoutMs',
    'approve timeoutMs',
  ])
  for (const { code, severity } of found) {
    expect([code, severity]).toEqual(['workflow.policy_without_effect', 'warning'])
  }
  expect(found.at(-1)?.hint).toContain('dueInSeconds')
})

describe('several defects', () => {
  // One of each group that does not touch the parts of the others.
  const together: Record<string, unknown> = {
    'nodes.approve.data.config.message': 'Send {{draft.txt}}?',
    'nodes.send.data.timeoutMs': -1,
    'nodes.polish.data.config.maxIterations': undefined,
    'nodes.locate.data.config.inputMapping.parts': '[mail.form]',
    'nodes.report.type': 'tul',
    'nodes.each.data.config.items': 'order.urgent',
    'variables.draft.default': {},
    'edges.+': edge('granted', 'nowhere', 'false'),
    'outputs.reply': 'reply',
  }

  test('do not hide each other, whether of shape or of meaning', () => {
    const codes = validateWorkflow(broken(orderDesk(), together)).map(({ code, nodeId }) => [code, nodeId])
    expect(codes).toEqual(
      expect.arrayContaining([
        ['workflow.unknown_property', 'approve'],
        ['workflow.invalid_timeout', 'send'],
        ['workflow.invalid_max_iterations', 'polish'],
        ['workflow.unknown_property', 'locate'],
        ['workflow.unknown_node_type', 'report'],
        ['workflow.not_a_list', 'each'],
        ['workflow.default_mismatch', null],
        ['workflow.edge_to_missing_node', 'granted'],
        ['workflow.undeclared_variable', null],
      ]),
    )
    expect(codes.length).toBeLessThanOrEqual(11)
  })

  const single = Object.entries(cases).flatMap(([group, rows]) =>
    rows.map(([name, changes, ...found]) => ({ group, name, changes, reasons: found.map(([reason]) => reason) })),
  )
  type Single = (typeof single)[number]

  /** What depends on paths is not judged behind a broken one: it may be right once the path is mended. */
  const dependsOnPaths = ({ name, group }: Single, reason: string) =>
    /^(maybe_unwritten|unwritten_output|never_written)$/.test(reason) ||
    /^an error (where|edge)/.test(name) ||
    (reason === 'constant_condition' && group.startsWith('what is written'))
  const breaksPaths = ({ name, group }: Single) =>
    /^(entry and reach|nodes and their ids|edges|containers|the shape)$/.test(group) ||
    /^an error where another|^what failed and took/.test(name)
  /** A name that leads nowhere may be meant for whatever nothing leads to. */
  const mayExplain = ({ reasons }: Single, reason: string) =>
    /^(several_entries|unreachable_node)$/.test(reason) &&
    reasons.some((other) => /^(edge_to_missing_node|unknown_target)$/.test(other))
  /** A reducer gives its variable a value from the start. */
  const givesValue = ({ changes }: Single, reason: string) =>
    /unwritten|never_written/.test(reason) && JSON.stringify(changes).includes('"reducer"')
  /** An edge that can't be read may lead to whatever looks lost, and from whatever looks unconnected. */
  const unreadableEdge = ({ name }: Single) => name === 'an edge without target'

  test('of two kinds at two places are both found', () => {
    fc.assert(
      fc.property(fc.constantFrom(...single), fc.constantFrom(...single), (a, b) => {
        fc.pre(!unreadableEdge(a) && !unreadableEdge(b))
        const places = [a, b].flatMap(({ changes }) => [...new Set(Object.keys(changes).map(placeOf))])
        fc.pre(new Set(places).size === places.length && !places.some((place) => /^nodes$|\+$/.test(place)))
        const codes = validateWorkflow(broken(broken(orderDesk(), a.changes), b.changes)).map(({ code }) => code)
        for (const [one, other] of [
          [a, b],
          [b, a],
        ] as const) {
          for (const reason of one.reasons) {
            const isHidden = dependsOnPaths(one, reason) && breaksPaths(other)
            if (isHidden || mayExplain(other, reason) || givesValue(other, reason)) continue
            expect(codes).toContain(`workflow.${reason}`)
          }
        }
      }),
      { numRuns: 500 },
    )
  })
})

/** The node, edge or declaration that a dotted path leads into. */
function placeOf(path: string): string {
  return path.split('.').slice(0, 2).join('.')
}

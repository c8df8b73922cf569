import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryWorkflow } from '../workflow/arbitrary.suite.ts'
import { arbitraryInput } from '../workflow/arbitrary-catalog.suite.ts'
import type { ReferenceRun } from './reference-interpreter.suite.ts'
import { interpret } from './reference-interpreter.suite.ts'
import {
  AnsweringJournal,
  arbitraryPolicies,
  generatedHost,
  runByResuming,
  runGenerated,
  withoutWalking,
  withPolicies,
  withRefusals,
} from './run-generated.suite.ts'

// More, and the smallest workflow that fails: FAIRLEAD_TEST_RUNS=2000 FAIRLEAD_TEST_SHRINK=1
const runs = Number(process.env.FAIRLEAD_TEST_RUNS ?? 60)
const endOnFailure = process.env.FAIRLEAD_TEST_SHRINK === undefined

/** Whether a failure beside what is at an address may have cut it off: it may be missing from a run that is right. */
const isCutIn =
  ({ cut }: ReferenceRun) =>
  (address: string) =>
    cut.some((prefix) => address.startsWith(prefix))

/** Holds a run to what the workflow means. What a failure beside it may have cut off may be missing, nothing else. */
function expectSame(actual: ReferenceRun, expected: ReferenceRun): void {
  expect(actual.error).toEqual(expected.error)
  expect(actual.state).toEqual(expected.state)
  const isCut = isCutIn(expected)
  const firm = <Item>(items: Iterable<[string, Item]>) => [...items].filter(([address]) => !isCut(address)).sort()
  expect(firm(actual.journal)).toEqual(firm(expected.journal))
  for (const [address, entry] of actual.journal)
    expect([address, entry]).toEqual([address, expected.journal.get(address)])
  const lines = ({ events }: ReferenceRun) => firm(events.map(({ address, line }) => [address, line]))
  expect(lines(actual)).toEqual(lines(expected))
}

async function compare(workflow: Parameters<typeof interpret>[0], input: Record<string, unknown>): Promise<void> {
  const expected = interpret(workflow, input, generatedHost)
  const actual = await runGenerated(workflow, input)
  fc.pre(!expected.isRace)
  expectSame(actual, expected)
}

describe('a compiled workflow', () => {
  it('does what the document means, with people answering on record', async () => {
    await fc.assert(fc.asyncProperty(arbitraryWorkflow(), arbitraryInput, compare), { numRuns: runs, endOnFailure })
  })

  it('walks human-free bodies of maps to the same end as it runs them as graphs', async () => {
    const humanFree = arbitraryWorkflow({ without: ['human'] })
    const both = fc.asyncProperty(humanFree, arbitraryInput, async (workflow, input) => {
      await compare(workflow, input)
      await compare(withoutWalking(workflow), input)
    })
    await fc.assert(both, { numRuns: runs, endOnFailure })
  })

  it('hands failures to the nearest container that takes them, walked or not', async () => {
    const property = fc.asyncProperty(
      arbitraryWorkflow(),
      arbitraryInput,
      arbitraryPolicies,
      async (workflow, input, dice) => {
        const strict = withPolicies(workflow, dice)
        await compare(strict, input)
        await compare(withoutWalking(strict), input)
      },
    )
    await fc.assert(property, { numRuns: runs, endOnFailure })
  })

  it('asks people one by one, in any order, and ends the same without any memory but the checkpoint', async () => {
    const dice = fc.array(fc.nat(0xff), { minLength: 4, maxLength: 12 })
    const property = fc.asyncProperty(arbitraryWorkflow(), arbitraryInput, dice, async (workflow, input, order) => {
      const expected = interpret(workflow, input, generatedHost)
      const actual = await runByResuming(workflow, input, order)
      fc.pre(!expected.isRace)
      expect(actual.error).toEqual(expected.error)
      expect(actual.state).toEqual(expected.state)
      if (expected.error) return
      const asked = actual.events.filter(({ line }) => line.endsWith(' waiting')).map(({ address }) => address)
      expect(new Set(asked).size).toBe(asked.length)
      const isHuman = new Map(workflow.nodes.map(({ id, type }) => [id, type === 'human']))
      const others = actual.events.filter(({ address }) => !isHuman.get(address.slice(address.lastIndexOf('/') + 1)))
      const isCut = isCutIn(expected)
      const firmLines = (events: ReferenceRun['events']) =>
        events.flatMap(({ address, line }) => (isCut(address) ? [] : [line])).sort()
      expect(firmLines(others)).toEqual(firmLines(expected.events))
    })
    await fc.assert(property, { numRuns: runs, endOnFailure })
  })

  it('waits for nobody whose answer changes nothing, since a container around the question has failed', async () => {
    const dice = fc.array(fc.nat(0xff), { minLength: 4, maxLength: 12 })
    const property = fc.asyncProperty(
      arbitraryWorkflow(),
      arbitraryInput,
      arbitraryPolicies,
      dice,
      async (workflow, input, policies, order) => {
        const strict = withPolicies(withRefusals(workflow, policies), policies)
        const expected = interpret(strict, input, generatedHost)
        const waited: string[] = []
        const actual = await runByResuming(strict, input, order, (addresses) => waited.push(...addresses))
        fc.pre(!expected.isRace)
        expect([actual.error, actual.state]).toEqual([expected.error, expected.state])
        const isUnawaited = (address: string) => expected.unawaited.some((inside) => address.startsWith(inside))
        expect(waited.filter(isUnawaited)).toEqual([])
      },
    )
    await fc.assert(property, { numRuns: runs, endOnFailure })
  })

  it('repeats nothing that its journal has, wherever it was cut off', async () => {
    const property = fc.asyncProperty(arbitraryWorkflow(), arbitraryInput, fc.nat(), async (workflow, input, cut) => {
      const whole = new AnsweringJournal(workflow)
      const first = await runGenerated(workflow, input, whole)
      const kept = [...whole.entries].slice(0, cut % (whole.entries.size + 1))
      const called: string[] = []
      const journal = new AnsweringJournal(workflow)
      for (const [address, entry] of kept) journal.entries.set(address, entry)
      const again = await runGenerated(workflow, input, journal, (address) => called.push(address))
      fc.pre(!interpret(workflow, input, generatedHost).isRace)
      expect([again.error, again.state]).toEqual([first.error, first.state])
      for (const [address] of kept) expect(called).not.toContain(address)
    })
    await fc.assert(property, { numRuns: runs, endOnFailure })
  })
})

import type { ConfiguredTest, TestConfiguration } from '@fairlead/core/experiment'
import { createSlots, encodeSlots, murmur3 } from '@fairlead/core/experiment'

type ConfiguredVariant = ConfiguredTest['variants'][number]

/** A test as an application meets it; what is left out is as it is for a running test without conditions. */
export interface GivenTest extends Partial<Omit<ConfiguredTest, 'key' | 'slots' | 'variants'>> {
  key: string
  /** In order; all of one weight by default. */
  variants: (Partial<ConfiguredVariant> & { name: string; weight?: number })[]
}

/**
 * Running tests, for the `bootstrap` of `createExperiments` or the answer of `getAbTestConfiguration`. With `forced` a
 * unit has the variant that your test of the application is about: `forced: { alice: 1 }`.
 */
export function testConfiguration(tests: readonly GivenTest[]): TestConfiguration {
  return { tests: tests.map(configuredTest) }
}

function configuredTest({ variants, ...given }: GivenTest): ConfiguredTest {
  return {
    id: `id-of-${given.key}`,
    status: 'running',
    isKilled: false,
    prompt: null,
    label: 'production',
    unit: 'user',
    epoch: 1,
    seed: murmur3(given.key),
    trafficPercentage: 100,
    slots: encodeSlots(createSlots(variants.map(({ weight = 1 }) => weight))),
    variants: variants.map(({ weight, ...variant }) => {
      return { id: `${given.key}-${variant.name}`, payload: null, prompt: null, ...variant }
    }),
    targeting: null,
    layer: null,
    holdouts: [],
    forced: {},
    bucketing: null,
    ...given,
  }
}

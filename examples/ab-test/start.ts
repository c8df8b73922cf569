import { createClient } from '@fairlead/sdk'

const { FAIRLEAD_URL = 'http://127.0.0.1:4400', FAIRLEAD_API_KEY } = process.env
if (!FAIRLEAD_API_KEY) {
  console.error('Set FAIRLEAD_API_KEY to the key that "npm start" prints.')
  process.exit(1)
}
const client = createClient({ baseUrl: FAIRLEAD_URL, apiKey: FAIRLEAD_API_KEY })

const { key } = await client.experiments.create({
  name: 'Tone of replies',
  unit: 'customer',
  variants: [
    { name: 'plain', payload: 'Answer in one sentence.' },
    { name: 'warm', payload: 'Thank the customer, then answer in one sentence.' },
  ],
  metrics: [{ name: 'solved', model: 'proportion', role: 'primary' }],
})
await client.experiments.start(key)

// As in your application: the variant is there at once, nobody is asked for it.
const experiments = await client.experiments.local()
await experiments.ready()
for (let number = 1; number <= 1_000; number++) {
  const customer = `customer-${number}`
  const { name } = experiments.variant(key, { attributes: { customer } })
  // Whether the reply solved it would come from your users; here warm ones do a bit more often.
  const isSolved = number % 10 < (name === 'warm' ? 7 : 5)
  experiments.observe(key, { unit: customer, metric: 'solved', value: isSolved ? 1 : 0 })
}
await experiments.flush()

const look = await client.experiments.look(key)
const { variants } = await client.experiments.get(key)
const [solved] = (await client.experiments.results(key)).metrics
for (const [place, { units, mean, probabilityBest, lift }] of solved!.variants.entries()) {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  const against = lift?.relative ? `, lift ${(100 * lift.relative.median).toFixed(0)} %` : ''
  console.log(
    `${variants[place]!.name}: ${percent(mean!)} of ${units} solved, ${percent(probabilityBest!)} to be the best${against}`,
  )
}
const winner = variants.find(({ id }) => id === look.winnerVariantId)
console.log(winner ? `The rule has decided: ${winner.name}` : `The rule has not decided: ${look.outcome}`)
await client.experiments.stop(key, { winner: winner?.name ?? null })
await experiments.close()

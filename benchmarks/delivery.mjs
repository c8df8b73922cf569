// A prompt out of the client's cache, with its variables filled in: `prompts.get` of the SDK against `getPrompt(…).compile(…)`
// of Langfuse's client. Both have got the prompt from a server of their own kind before.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { createClient } from '@fairlead/sdk'
import { createControlPlane } from '@fairlead/server'
import { Langfuse } from 'langfuse'
import { compare, report, reportBound } from './measure.mjs'

const text = Array.from(
  { length: 40 },
  (_, n) => `${n + 1}. Rule number ${n} about {{topic}}: be kind, be brief.`,
).join('\n')
const variables = { topic: 'refunds' }
const perRound = 2_000

const controlPlane = await createControlPlane({ memory: true, logLevel: 'silent' })
await controlPlane.listen(0, '127.0.0.1')
const { key } = await controlPlane.bootstrapOrganization({ name: 'Bench', slug: 'bench', keyName: 'Bench' })
const client = createClient({ baseUrl: controlPlane.url, apiKey: key.secret })
await client.prompts.create({ key: 'rules', content: { text, variables: { topic: { type: 'string' } } } })

const langfuseServer = createServer((_request, response) => {
  const prompt = { name: 'rules', version: 1, type: 'text', prompt: text, config: {}, labels: ['production'], tags: [] }
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(prompt))
}).listen(0, '127.0.0.1')
await once(langfuseServer, 'listening')
const baseUrl = `http://127.0.0.1:${langfuseServer.address().port}`
const langfuse = new Langfuse({ publicKey: 'pk', secretKey: 'sk', baseUrl, enabled: false })

const ours = async () => (await client.prompts.get('rules', { variables })).messages[0].content
const theirs = async () => (await langfuse.getPrompt('rules', undefined, { cacheTtlSeconds: 3_600 })).compile(variables)
if ((await ours()) !== (await theirs())) throw new Error('the contenders do not fill in the same text')

const many = (get) => async () => {
  for (let n = 0; n < perRound; n++) await get()
}
report('2,000 cached prompts, filled in', await compare(many(ours), many(theirs), { rounds: 15 }), {
  contender: "Langfuse's getPrompt().compile()",
})
const raw = async () => (await client.prompts.get('rules')).messages.length
for (const [what, get] of [
  ['filled in', ours],
  ['as it stands', raw],
]) {
  const times = []
  for (let n = 0; n < 100_000; n++) {
    const start = performance.now()
    await get()
    times.push(performance.now() - start)
  }
  times.sort((one, other) => one - other)
  reportBound(`a cached prompt ${what}, 99th percentile`, times[99_000] * 1_000, { bound: 50, unit: 'µs' })
  console.log(`  median ${(times[50_000] * 1_000).toFixed(2)} µs, worst ${(times.at(-1) * 1_000).toFixed(0)} µs`)
}
await client.prompts.close()
await controlPlane.close()
langfuseServer.close()

import { createClient } from '@fairlead/sdk'
import definition from './workflow.json' with { type: 'json' }

const { FAIRLEAD_URL = 'http://127.0.0.1:4400', FAIRLEAD_API_KEY } = process.env
if (!FAIRLEAD_API_KEY) {
  console.error('Set FAIRLEAD_API_KEY to the key that "npm start" prints.')
  process.exit(1)
}
const client = createClient({ baseUrl: FAIRLEAD_URL, apiKey: FAIRLEAD_API_KEY })
const content = { text: 'Write a release note of one paragraph about: {{changes}}' }
await client.prompts.head('release-note').catch((error) => {
  if (error.code !== 'prompt.not_found') throw error
  return client.prompts.create({ key: 'release-note', content })
})
const workflow = await client.workflows.create({ definition })
const run = await client.workflows.run(workflow.id, { input: { changes: ['faster start', 'fewer bytes'] } })
for await (const event of run) console.log(event.seq, event.type, 'address' in event ? event.address : '')
console.log(await run.result())

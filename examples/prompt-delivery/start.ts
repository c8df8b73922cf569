import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from '@fairlead/sdk'
import { fileStore } from './file-store.ts'

const { FAIRLEAD_URL = 'http://127.0.0.1:4400', FAIRLEAD_API_KEY = 'none' } = process.env
const prompts = { store: fileStore(process.env.PROMPTS ?? '.prompts') }
const client = createClient({ baseUrl: FAIRLEAD_URL, apiKey: FAIRLEAD_API_KEY, prompts })

let shown = ''
do {
  const { messages, origin, version } = await client.prompts.get('release-note', {
    variables: { changes: ['faster start', 'fewer bytes'] },
    fallback: 'In one sentence, what is new: {{changes}}',
  })
  const text = `version ${version?.versionNumber ?? '-'}: ${messages[0]?.content}`
  if (text !== shown) console.log(`${origin}: ${text}`)
  shown = text
} while (process.argv.includes('--watch') && (await wait(20, true)))

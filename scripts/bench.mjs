// `pnpm bench [name …]`: builds the packages, installs the contenders from benchmarks' own lockfile, runs one claim after the other.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'benchmarks')

const claims = findClaims()
const asked = process.argv.slice(2)
const unknown = asked.find((name) => !claims.includes(name))
if (unknown !== undefined) {
  console.error(`There is no benchmark '${unknown}'; there are ${claims.join(', ')}.`)
  process.exit(1)
}
run('pnpm', ['--silent', '-r', 'build'], root)
run('pnpm', ['install', '--frozen-lockfile', '--silent'], folder)
for (const name of asked.length > 0 ? asked : claims) {
  console.log(`\n${name}`)
  run(process.execPath, ['--expose-gc', `${name}.mjs`], folder)
}

/** A claim is a file that no other benchmark imports: what is imported is a tool of theirs. */
function findClaims() {
  const files = readdirSync(folder).filter((name) => name.endsWith('.mjs'))
  const tools = new Set(
    files.flatMap((name) =>
      [...readFileSync(join(folder, name), 'utf8').matchAll(/(?:from |new URL\()'\.\/(.+?\.mjs)'/g)].map(
        ([, tool]) => tool,
      ),
    ),
  )
  return files.filter((name) => !tools.has(name)).map((name) => name.slice(0, -'.mjs'.length))
}

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) process.exit(status ?? 1)
}

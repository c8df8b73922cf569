// What a user installs: packs every package, lints the tarballs, installs them into a fresh project and imports each door.
// Needs a finished build.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { moduleImports } from './module-imports.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const work = await mkdtemp(join(tmpdir(), 'fairlead-packages-'))
const problems = []

try {
  const packages = await Promise.all((await readdir(join(root, 'packages'))).map(pack))
  const project = join(work, 'project')
  await Promise.all([...packages.map(lintPackage), install(project, packages)])
  for (const { manifest } of packages) await checkImports(join(project, 'node_modules', manifest.name), manifest)
  await importDoors(project, packages)
  await runCommand(project)
} finally {
  await rm(work, { recursive: true, force: true })
}
for (const problem of problems) console.error(`✗ ${problem}`)
process.exitCode = problems.length > 0 ? 1 : 0

async function pack(folder) {
  const directory = join(root, 'packages', folder)
  const tarball = join(work, `${folder}.tgz`)
  await tool('pnpm', ['pack', '--silent', '--out', tarball], directory)
  return { directory, tarball, manifest: JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) }
}

async function lintPackage({ manifest, tarball }) {
  const file = await readFile(tarball)
  const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(file).buffer }, strict: true })
  for (const message of messages) problems.push(`${manifest.name}: ${formatMessage(message, pkg, { color: false })}`)
  await tool(
    'pnpm',
    ['exec', 'attw', tarball, '--profile', 'esm-only', '--no-color', '--no-emoji', '--no-summary'],
    root,
  ).catch((error) => problems.push(`${manifest.name}: its types do not resolve\n${error.stdout}`))
}

/** A project that depends on the tarballs and on what they ask their user to bring. */
async function install(project, packages) {
  const tarballs = Object.fromEntries(packages.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]))
  const peers = {}
  for (const { manifest, directory } of packages) {
    for (const peer of Object.keys(manifest.peerDependencies ?? {})) {
      if (peer in tarballs) continue
      peers[peer] = JSON.parse(await readFile(join(directory, 'node_modules', peer, 'package.json'), 'utf8')).version
    }
  }
  await mkdir(project)
  const settings = { overrides: tarballs, strictDepBuilds: false }
  await writeFile(join(project, 'pnpm-workspace.yaml'), JSON.stringify(settings))
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({ type: 'module', dependencies: { ...tarballs, ...peers } }),
  )
  await tool('pnpm', ['install', '--prefer-offline', '--reporter=append-only'], project)
}

/** What the doors of a package may reach: the promises that only the built files can prove. */
async function checkImports(directory, { name, exports }) {
  for (const [door, target] of Object.entries(exports)) {
    if (typeof target === 'string') continue
    const reached = await moduleImports(join(directory, target.default))
    const complain = (specifier, promise) => problems.push(`${name} ${door} imports ${specifier}: ${promise}`)
    for (const specifier of reached.specifiers) {
      const isZod = specifier === 'zod' || specifier.startsWith('zod/')
      if (name === '@fairlead/core' && specifier.startsWith('node:')) complain(specifier, 'the core runs anywhere')
      if (name === '@fairlead/core' && isZod && isZodFree(door)) complain(specifier, 'this door holds no schema')
      if (name === '@fairlead/sdk' && door === '.') complain(specifier, 'the client has no run-time dependency')
    }
    const bundled = reached.sources.find((source) => source.includes('/node_modules/'))
    if (bundled) complain(bundled, 'nothing of another author is bundled')
  }
}

// The workflow door exports parseWorkflow, behind which the schema is shaken off (see .size-limit.json); langgraph builds on it.
function isZodFree(door) {
  return !door.endsWith('/schema') && !['./contract', './workflow', './langgraph'].includes(door)
}

async function importDoors(project, packages) {
  const doors = packages.flatMap(({ manifest: { name, exports } }) =>
    Object.entries(exports).flatMap(([door, target]) => (typeof target === 'string' ? [] : [name + door.slice(1)])),
  )
  const script = `
    for (const door of ${JSON.stringify(doors)}) {
      const names = await import(door).then((module) => Object.keys(module), (error) => error)
      if (names instanceof Error) console.log(door + ' cannot be imported: ' + names.message)
      else if (names.length === 0) console.log(door + ' exports nothing')
    }`
  await writeFile(join(project, 'doors.js'), script)
  const { stdout } = await tool(process.execPath, ['doors.js'], project)
  problems.push(...stdout.split('\n').filter(Boolean))
}

async function runCommand(project) {
  const help = await tool('pnpm', ['exec', 'fairlead', '--help'], project).catch((error) => error)
  if (help instanceof Error) problems.push(`fairlead --help fails: ${help.message}\n${help.stdout}`)
  else if (!help.stdout.includes('fairlead serve'))
    problems.push(`fairlead --help does not name its commands:\n${help.stdout}`)
}

function tool(command, args, cwd) {
  // Windows finds pnpm.cmd only through a shell.
  return promisify(execFile)(command, args, { cwd, maxBuffer: 1 << 26, shell: process.platform === 'win32' })
}

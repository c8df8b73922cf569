// What a user installs: packs every package, checks the tarballs, installs them into a fresh project, and there imports each
// door, compiles against its types and runs the command. Needs a finished build. `--oldest-node` does so also under the oldest
// Node that the packages say they support, which is fetched from the npm registry.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { moduleImports } from './module-imports.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const work = await mkdtemp(join(tmpdir(), 'fairlead-packages-'))
const project = join(work, 'project')
const problems = []
const runtimes = [[process.execPath]]
const script = join('node_modules', '@fairlead', 'server', 'dist', 'cli.js')
const serveTimeoutMs = 120_000

try {
  const packages = await Promise.all((await readdir(join(root, 'packages'))).map(pack))
  const doors = packages.flatMap(listDoors)
  if (process.argv.includes('--oldest-node')) runtimes.push([await oldestNode(packages[0].manifest.engines.node)])
  await Promise.all([...packages.flatMap((packed) => [lintManifest(packed), lintTypes(packed)]), install(packages)])
  await Promise.all([...doors.map(checkReach), importDoors(doors), compileDoors(doors), runCommand()])
  for (const [index, runtime] of runtimes.entries()) {
    await serve(runtime, index)
    await embed(runtime)
  }
} catch (error) {
  problems.push(error.message)
} finally {
  await rm(work, { recursive: true, force: true })
}
for (const problem of problems) console.error(`✗ ${problem}`)
process.exitCode = problems.length > 0 ? 1 : 0

async function pack(folder) {
  const directory = join(root, 'packages', folder)
  const tarball = join(work, `${folder}.tgz`)
  const { failed, output } = await run('pnpm', ['pack', '--silent', '--out', tarball], directory)
  if (failed) throw new Error(`${folder} cannot be packed:\n${output}`)
  const manifest = await readJson(join(directory, 'package.json'))
  return { directory, tarball, manifest, name: manifest.name }
}

/** What can be imported from a package: its "exports" that are modules. */
function listDoors({ name, manifest }) {
  return Object.entries(manifest.exports)
    .filter(([, target]) => typeof target !== 'string')
    .map(([path, target]) => ({
      package: name,
      specifier: name + path.slice(1),
      file: join(project, 'node_modules', name, target.default),
    }))
}

async function lintManifest({ name, tarball }) {
  const file = await readFile(tarball)
  const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(file).buffer }, strict: true })
  for (const message of messages) problems.push(`${name}: ${formatMessage(message, pkg, { color: false })}`)
}

async function lintTypes({ name, tarball }) {
  const plain = ['--no-color', '--no-emoji', '--no-summary']
  const { failed, output } = await run('pnpm', ['exec', 'attw', tarball, '--profile', 'esm-only', ...plain], root)
  if (failed) problems.push(`${name}: its types do not resolve\n${output}`)
}

/** A project that depends on the tarballs and on what they ask their user to bring. */
async function install(packages) {
  const tarballs = Object.fromEntries(packages.map(({ name, tarball }) => [name, `file:${tarball}`]))
  const server = join(root, 'packages', 'server')
  const brought = {
    '@types/node': await installedVersion(root, '@types/node'),
    express: await installedVersion(server, 'express'),
  }
  for (const { manifest, directory } of packages) {
    const peers = Object.keys(manifest.peerDependencies ?? {}).filter((peer) => !(peer in tarballs))
    for (const peer of peers) brought[peer] = await installedVersion(directory, peer)
  }
  await mkdir(project)
  await writeJson('package.json', { type: 'module', dependencies: { ...tarballs, ...brought } })
  await writeJson('pnpm-workspace.yaml', { overrides: tarballs, strictDepBuilds: false })
  const { failed, output } = await run('pnpm', ['install', '--prefer-offline', '--reporter=append-only'], project)
  if (failed) throw new Error(`The packages cannot be installed:\n${output}`)
}

/** The promises about what a door pulls in, which only the built files can prove. */
async function checkReach({ package: name, specifier: door, file }) {
  const { specifiers, later, sources } = await moduleImports(file)
  const complain = (what, promise) => problems.push(`${door} reaches ${what}: ${promise}`)
  if (door === '@fairlead/sdk') for (const specifier of specifiers) complain(specifier, 'the client loads nothing else')
  for (const specifier of [...specifiers, ...later]) {
    const isZod = specifier === 'zod' || specifier.startsWith('zod/')
    if (name === '@fairlead/core' && specifier.startsWith('node:')) complain(specifier, 'the core runs anywhere')
    if (name === '@fairlead/core' && isZod && isZodFree(door)) complain(specifier, 'this door holds no schema')
    if (name === '@fairlead/sdk' && specifier.startsWith('node:')) complain(specifier, 'the client runs anywhere')
  }
  const foreign = sources.find((source) => source.includes('/node_modules/'))
  if (foreign) complain(foreign, 'nothing of another author is bundled')
}

/** The workflow door exports parseWorkflow, and a bundler shakes the schema behind it off (.size-limit.json); langgraph builds on it. */
function isZodFree(door) {
  return !/\/(schema|contract|workflow|langgraph)$/.test(door)
}

async function importDoors(doors) {
  const script = `
    for (const door of ${JSON.stringify(doors.map((door) => door.specifier))}) {
      const names = await import(door).then(Object.keys, (error) => error)
      if (names instanceof Error) console.log(door + ' cannot be imported in Node ' + process.version + ': ' + names.message)
      else if (names.length === 0) console.log(door + ' exports nothing')
    }`
  await writeFile(join(project, 'import.js'), script)
  for (const [command, ...args] of runtimes) {
    const { failed, output } = await run(command, [...args, 'import.js'], project)
    if (failed || output !== '') problems.push(output.trimEnd())
  }
}

/** Compiles without skipLibCheck, so that a declaration which names a type its user does not have is found. */
async function compileDoors(doors) {
  const imports = doors.map(({ specifier }, index) => `export * as door${index} from '${specifier}'\n`)
  await writeFile(join(project, 'types.ts'), imports.join(''))
  await writeJson('tsconfig.json', {
    compilerOptions: {
      module: 'nodenext',
      target: 'es2024',
      lib: ['es2024', 'dom'],
      types: ['node'],
      strict: true,
      noEmit: true,
    },
    files: ['types.ts'],
  })
  const { output } = await run('pnpm', ['exec', 'tsc', '-p', join(project, 'tsconfig.json'), '--pretty', 'false'], root)
  // Other authors' declarations are theirs to mend.
  const ours = output.split('\n').filter((line) => /^types\.ts|[\\/]@fairlead[\\/]/.test(line.split('(')[0]))
  for (const line of ours) problems.push(`A declaration does not compile: ${line.replace(/^.*node_modules[\\/]/, '')}`)
}

async function runCommand() {
  const ways = [['pnpm', 'exec', 'fairlead'], ...runtimes.map((runtime) => [...runtime, script])]
  for (const [command, ...args] of ways) {
    const { failed, output } = await run(command, [...args, '--help'], project)
    if (failed || !output.includes('Usage: fairlead'))
      problems.push(`${command} ${args.join(' ')} --help does not explain itself:\n${output}`)
  }
}

/** What "npx fairlead serve" does: comes up on a new embedded database, answers, and goes down on a signal. */
async function serve([command, ...args], index) {
  const options = ['serve', '--port', '0', '--data-dir', `data-${index}`, '--log-level', 'warn']
  const child = spawn(command, [...args, script, ...options], { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), serveTimeoutMs)
  const ended = once(child, 'exit')
  const lines = []
  child.stderr.on('data', (chunk) => lines.push(String(chunk)))
  try {
    const known = {}
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line)
      known.url ??= /Fairlead serves (\S+)/.exec(line)?.[1]
      known.key ??= /key\s+(fl_\S+)/.exec(line)?.[1]
      if (known.url && known.key) break
    }
    const headers = { Authorization: `Bearer ${known.key}` }
    const { status } = await fetch(`${known.url}/api/v1/workflows`, { headers })
    if (status !== 200) problems.push(`fairlead serve answers ${status} to its own first key`)
    child.kill('SIGTERM')
    const [code] = await ended
    if (code !== 0) problems.push(`fairlead serve ends with ${code} on SIGTERM:\n${lines.join('\n')}`)
  } catch (error) {
    child.kill('SIGKILL')
    problems.push(`fairlead serve does not come up (${error.message}):\n${lines.join('\n')}`)
  } finally {
    clearTimeout(timer)
  }
}

/** The engine in a process of one's own, and the control plane inside an Express application, reached by the client. */
async function embed([command, ...args]) {
  const app = `
    import { compileWorkflow } from '@fairlead/core/langgraph'
    import { parseWorkflow } from '@fairlead/core/workflow'
    import { createClient } from '@fairlead/sdk'
    import { createControlPlane } from '@fairlead/server'
    import express from 'express'
    const config = { toolId: 'double', inputMapping: { n: 'n' }, outputVariable: 'm' }
    const node = { id: 'double', type: 'tool', position: { x: 0, y: 0 }, data: { label: 'Double', config } }
    const definition = { formatVersion: 1, name: 'Double', inputs: { n: { type: 'number' } },
      variables: { m: { schema: { type: 'number' } } }, outputs: { m: 'm' }, nodes: [node], edges: [] }
    const tools = { double: ({ n }) => n * 2 }
    const { workflow } = parseWorkflow(definition)
    const inProcess = await compileWorkflow(workflow, { tools }).invoke({ n: 4 })
    const controlPlane = await createControlPlane({ memory: true, tools, logLevel: 'warn' })
    const { key } = await controlPlane.bootstrapFirst({ name: 'One', slug: 'one', keyName: 'One' })
    const server = express().use('/fairlead', controlPlane.app).listen(0, '127.0.0.1', async () => {
      const client = createClient({ baseUrl: 'http://127.0.0.1:' + server.address().port + '/fairlead', apiKey: key.secret })
      const { id } = await client.workflows.create({ definition })
      const run = await client.workflows.run(id, { input: { n: 21 } })
      console.log(JSON.stringify([inProcess, await run.result()]))
      server.close()
      await controlPlane.close()
    })`
  await writeFile(join(project, 'embed.js'), app)
  const { failed, output } = await run(command, [...args, 'embed.js'], project)
  if (failed || output.trim() !== '[{"m":8},{"m":42}]') problems.push(`The packages do not work embedded:\n${output}`)
}

/** The oldest version in a range like `>=22.18`: the path of its binary, so that signals reach it and no wrapper. */
async function oldestNode(range) {
  const [version] = /\d+\.\d+/.exec(range)
  const fetched = [
    'exec',
    '--yes',
    '--silent',
    '--package',
    `node@${version}.0`,
    '--',
    'node',
    '-p',
    'process.execPath',
  ]
  const { failed, output } = await run('npm', fetched, root)
  if (failed) throw new Error(`Node ${version} cannot be fetched:\n${output}`)
  return output.trim()
}

async function installedVersion(directory, name) {
  return (await readJson(join(directory, 'node_modules', name, 'package.json'))).version
}

async function readJson(path) {
  return JSON.parse(await readFile(path, 'utf8'))
}

function writeJson(name, value) {
  return writeFile(join(project, name), JSON.stringify(value))
}

function run(command, args, cwd) {
  return new Promise((resolve) => {
    // Windows finds pnpm.cmd only through a shell.
    const options = { cwd, maxBuffer: 1 << 26, shell: process.platform === 'win32' }
    execFile(command, args, options, (error, stdout, stderr) =>
      resolve({ failed: error !== null, output: stdout + stderr }),
    )
  })
}

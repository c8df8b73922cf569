// Runs a root script under Node 24 and pnpm on any machine that has Node 20 or newer and npm.
// Builtins only: nothing is installed yet when this runs. Versions are pinned here because npm refuses
// every command, `npm start` included, when package.json asks for another package manager or runtime.
import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE = '24.21.0'
const PNPM = '12.21.0'
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const major = Number(process.versions.node.split('.')[0])
if (major < 20) {
  console.error(`Fairlead needs Node 20 or newer to start (24 is fetched for you); this is ${process.version}.`)
  process.exit(1)
}

const packages = [...(major >= 24 ? [] : ['--package', `node@${NODE}`]), '--package', `pnpm@${PNPM}`]
const npm = process.env.npm_execpath?.endsWith('npm-cli.js')
  ? [process.execPath, process.env.npm_execpath]
  : [process.platform === 'win32' ? 'npm.cmd' : 'npm']
const [command, ...before] = npm
const child = spawn(
  command,
  [...before, 'exec', '--yes', ...packages, '--', 'pnpm', ...process.argv.slice(2)],
  // Windows starts npm.cmd only through a shell.
  { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' && command.endsWith('.cmd') },
)
// Ctrl-C reaches the whole foreground group; this process waits for the child to drain and takes its exit code.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => signal === 'SIGTERM' && child.kill(signal))
child.on('error', (error) => {
  console.error(`Could not run npm: ${error.message}`)
  process.exit(1)
})
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))

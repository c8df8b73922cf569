// The whole verification, `npm test`: every stage that must hold before a change is kept, in the order of what fails fastest.
// `pnpm verify --only lint,typecheck` runs some of them. Property tests draw the same cases every time, other ones with
// FAIRLEAD_TEST_SEED=random. The last line alone says how the tests ended, for people and machines.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, styleText } from 'node:util'
import { testTotals } from './test-totals.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const reports = await mkdtemp(join(tmpdir(), 'fairlead-verify-'))
const testReport = join(reports, 'tests.json')

/** Stages of one step run side by side; a step begins when the one before it has passed. `live` shows output as it comes. */
const steps = [
  {
    lint: {
      title: 'lint and format',
      command: ['biome', 'ci', '--error-on-warnings', `--colors=${process.stdout.isTTY ? 'force' : 'off'}`, '.'],
    },
    typecheck: { title: 'types', command: ['pnpm', 'typecheck'] },
    unused: { title: 'unused code and dependencies', command: ['knip'] },
  },
  { build: { title: 'build', command: ['pnpm', '-r', 'build'] } },
  {
    packages: {
      title: 'packed packages',
      command: ['node', 'scripts/check-packages.mjs', ...(process.env.CI ? ['--oldest-node'] : [])],
    },
    size: { title: 'bundle sizes', command: ['size-limit'] },
  },
  {
    test: {
      title: 'tests',
      live: true,
      command: ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${testReport}`],
    },
  },
]

try {
  process.exitCode = await verify(parseArgs({ options: { only: { type: 'string' } } }).values.only?.split(','))
} finally {
  await rm(reports, { recursive: true, force: true })
}

async function verify(only) {
  const names = steps.flatMap((step) => Object.keys(step))
  const unknown = only?.find((name) => !names.includes(name))
  if (unknown !== undefined) {
    console.error(`There is no stage '${unknown}'; the stages are ${names.join(', ')}.`)
    return 1
  }
  const began = performance.now()
  let failed = []
  for (const step of steps) {
    const stages = Object.entries(step).filter(([name]) => only?.includes(name) ?? true)
    const results = await Promise.all(stages.map(([name, stage]) => runStage(name, stage)))
    failed = results.filter((result) => !result.passed).map((result) => result.name)
    if (failed.length > 0) break
  }
  const verdict = failed.length > 0 ? `failed: ${failed.join(', ')}` : 'passed'
  heading(failed.length === 0, `verify ${verdict}`, began)
  const report = await readFile(testReport, 'utf8').then(JSON.parse, () => undefined)
  if (report) console.log(testTotals(report))
  return failed.length > 0 ? 1 : 0
}

async function runStage(name, { title, command, live }) {
  const began = performance.now()
  if (live) console.log(`… ${title}`)
  const { code, output } = await run(command, live)
  heading(code === 0, title, began)
  if (code !== 0 && !live) console.log(`\n$ ${command.join(' ')}\n${output.trimEnd()}\n`)
  return { name, passed: code === 0 }
}

function heading(passed, text, began) {
  const mark = passed ? styleText('green', '✓') : styleText('red', '✗')
  console.log(`${mark} ${text} ${styleText('dim', `${((performance.now() - began) / 1000).toFixed(1)} s`)}`)
}

/** Runs a tool of this workspace without a terminal's input; its output comes back whole, and is shown at once if `live`. */
function run([tool, ...args], live) {
  const outside = ['node', 'pnpm'].includes(tool)
  const [command, commandArgs] = outside ? [tool, args] : ['pnpm', ['exec', tool, ...args]]
  return new Promise((resolve) => {
    const output = []
    const child = spawn(command, commandArgs, {
      cwd: root,
      stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'],
      env: { ...(process.stdout.isTTY && { FORCE_COLOR: '1' }), FAIRLEAD_TEST_SEED: '20261128', ...process.env },
      // Windows finds pnpm.cmd only through a shell.
      shell: process.platform === 'win32',
    })
    child.stdout?.on('data', (chunk) => output.push(chunk))
    child.stderr?.on('data', (chunk) => output.push(chunk))
    child.on('error', (error) => resolve({ code: 1, output: `Could not run ${command}: ${error.message}` }))
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(output).toString() }))
  })
}

// The crash tests, many times over with other seeds: `pnpm chaos [rounds]`, 20 unless said.
import { spawn } from 'node:child_process'

const rounds = process.argv[2] ?? '20'
const tests = ['exec', 'vitest', 'run', '--project', 'server', 'packages/server/src/workflow/crash.test.ts']
const env = { ...process.env, FAIRLEAD_CHAOS_ROUNDS: rounds }
spawn('pnpm', tests, { stdio: 'inherit', env, shell: process.platform === 'win32' }).on('exit', (code) => {
  process.exitCode = code ?? 1
})

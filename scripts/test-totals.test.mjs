import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { testTotals } from './test-totals.mjs'

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')

test('counts what a real run passed, failed, skipped and could not load', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-totals-'))
  const header = `import { expect, test } from '${join(dirname(vitest), 'dist/index.js')}'\n`
  const write = (name, text) => writeFile(join(folder, name), header + text)
  await write('mixed.test.mjs', `test('a', () => {})\ntest('b', () => {})\ntest('c', () => expect(1).toBe(2))\n`)
  await write('absent.test.mjs', `test.skip('d', () => {})\ntest.todo('e')\n`)
  await write('broken.test.mjs', `import './no-such-file.mjs'\ntest('f', () => {})\n`)

  const report = join(folder, 'report.json')
  const args = [vitest, 'run', '--root', folder, '--reporter=json', `--outputFile=${report}`]
  await new Promise((resolve) => execFile(process.execPath, args, { cwd: folder }, resolve))

  expect(testTotals(JSON.parse(await readFile(report, 'utf8')))).toBe('2 passed, 2 failed, 2 skipped')
  await rm(folder, { recursive: true })
})

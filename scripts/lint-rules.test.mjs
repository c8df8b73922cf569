import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const core = 'packages/core/src'
const sdk = 'packages/sdk/src'
const server = 'packages/server/src'
const react = 'packages/react-components/src'

const lines = (count) => Array.from({ length: count }, (_, index) => `  sum += ${index}`).join('\n')
const importing = (source) => `import { seed } from '${source}'\n\nexport const seeded = seed\n`
const typing = (source) => `import type { Seed } from '${source}'\n\nexport type Seeded = Seed\n`

/** What a rule must report: a file, what is in it, and the rule. `plugin:<words>` is one of scripts/lint. */
const violations = [
  // The import table, room by room.
  [`${core}/base/a.ts`, importing('../workflow/index.ts'), 'noRestrictedImports'],
  [`${core}/base/b.ts`, importing('lodash'), 'noRestrictedImports'],
  [`${core}/base/c.ts`, importing('node:fs'), 'noRestrictedImports'],
  [
    `${core}/base/json-schema.ts`,
    `import * as z from 'zod'\n\nexport const seeded = z.string()\n`,
    'plugin:free of zod',
  ],
  [`${core}/expression/a.ts`, importing('../workflow/index.ts'), 'noRestrictedImports'],
  [`${core}/expression/b.ts`, importing('zod'), 'noRestrictedImports'],
  [`${core}/workflow/a.ts`, importing('../prompt/commit.ts'), 'noRestrictedImports'],
  [`${core}/workflow/b.ts`, typing('../prompt/commit.ts'), 'noRestrictedImports'],
  [`${core}/workflow/rule/c.ts`, importing('../../expression/check.ts'), 'noRestrictedImports'],
  [`${core}/workflow/d.ts`, importing('../experiment/index.ts'), 'noRestrictedImports'],
  [`${core}/workflow/e.ts`, importing('../langgraph/index.ts'), 'noRestrictedImports'],
  [`${core}/workflow/f.ts`, importing('@langchain/langgraph'), 'noRestrictedImports'],
  [`${core}/workflow/g.ts`, importing('node:crypto'), 'noRestrictedImports'],
  [`${core}/workflow/h.ts`, importing('crypto'), 'noRestrictedImports'],
  [`${core}/workflow/i.ts`, importing('pg'), 'noRestrictedImports'],
  [`${core}/workflow/j.ts`, `export const late = () => import('express')\n`, 'noRestrictedImports'],
  [`${core}/workflow/k.ts`, `export { seed } from '../tenant/role.ts'\n`, 'noRestrictedImports'],
  [`${core}/workflow/l.ts`, importing('@fairlead/core/prompt'), 'noRestrictedImports'],
  [`${core}/experiment/a.ts`, importing('../workflow/index.ts'), 'noRestrictedImports'],
  [`${core}/experiment/b.ts`, importing('../analytics/sketch.ts'), 'noRestrictedImports'],
  [`${core}/analytics/a.ts`, importing('../experiment/index.ts'), 'noRestrictedImports'],
  [`${core}/analytics/b.ts`, importing('jstat'), 'noRestrictedImports'],
  [`${core}/prompt/a.ts`, importing('../workflow/index.ts'), 'noRestrictedImports'],
  [`${core}/tenant/a.ts`, importing('../prompt/index.ts'), 'noRestrictedImports'],
  [`${core}/tenant/b.ts`, importing('../../../server/src/tenant/service.ts'), 'noRestrictedImports'],
  [`${core}/langgraph/a.ts`, importing('../workflow/validate.ts'), 'noRestrictedImports'],
  [`${core}/langgraph/b.ts`, importing('node:async_hooks'), 'noRestrictedImports'],
  [`${core}/langgraph/c.ts`, importing('langchain'), 'noRestrictedImports'],
  [`${core}/contract.ts`, importing('@langchain/core'), 'noRestrictedImports'],
  [`${core}/workflow/m.test.ts`, importing('@fairlead/sdk'), 'noRestrictedImports'],
  [`${sdk}/a.ts`, importing('node:fs'), 'noRestrictedImports'],
  [`${sdk}/b.ts`, importing('undici'), 'noRestrictedImports'],
  [`${sdk}/c.ts`, importing('@fairlead/server'), 'noRestrictedImports'],
  [`${sdk}/d.ts`, importing('@fairlead/core/langgraph'), 'noRestrictedImports'],
  [`${sdk}/workflow/a.ts`, importing('../prompt/fetch.ts'), 'noRestrictedImports'],
  [`${sdk}/testing/a.ts`, importing('node:http'), 'noRestrictedImports'],
  [`${sdk}/worker/a.ts`, importing('@langchain/openai'), 'noRestrictedImports'],
  [`${server}/workflow/a.ts`, importing('../prompt/store.ts'), 'noRestrictedImports'],
  [`${server}/workflow/b.ts`, importing('../tenant/index.ts'), 'noRestrictedImports'],
  [`${server}/workflow/c.ts`, importing('../database/scope.ts'), 'noRestrictedImports'],
  [`${server}/workflow/d.ts`, importing('@fairlead/sdk'), 'noRestrictedImports'],
  [`${server}/workflow/e.ts`, importing('react'), 'noRestrictedImports'],
  [`${server}/http/a.ts`, importing('../tenant/store.ts'), 'noRestrictedImports'],
  [`${server}/database/a.ts`, importing('../tenant/service.ts'), 'noRestrictedImports'],
  [`${server}/jobs/a.ts`, importing('../workflow/ports.ts'), 'noRestrictedImports'],
  [`${server}/start.ts`, importing('@fairlead/sdk/testing'), 'noRestrictedImports'],
  [`${react}/workflow/a.ts`, importing('@fairlead/server'), 'noRestrictedImports'],
  [`${react}/workflow/b.ts`, importing('node:path'), 'noRestrictedImports'],
  [`${react}/workflow/c.ts`, importing('recharts'), 'noRestrictedImports'],
  [`${react}/prompt/a.ts`, importing('@xyflow/react'), 'noRestrictedImports'],
  [`${react}/prompt/b.ts`, importing('../workflow/canvas.tsx'), 'noRestrictedImports'],

  // zod stays behind its doors.
  [`${core}/workflow/n.ts`, `import * as z from 'zod'\n\nexport const seeded = z.string()\n`, 'plugin:free of zod'],
  [`${core}/workflow/o.ts`, importing('./document-schema.ts'), 'plugin:free of zod'],
  [`${core}/workflow/p.ts`, importing('../prompt/schema.ts'), 'plugin:free of zod'],
  [`${core}/workflow/q.ts`, `export { seed } from './schema.ts'\n`, 'plugin:free of zod'],
  [`${core}/workflow/r.ts`, `export const late = () => import('./schema.ts')\n`, 'plugin:free of zod'],
  [`${core}/endpoints.ts`, importing('./contract.ts'), 'plugin:free of zod'],
  [`${sdk}/e.ts`, importing('@fairlead/core/contract'), 'plugin:free of zod'],
  [`${sdk}/f.ts`, importing('@fairlead/core/workflow/schema'), 'plugin:free of zod'],
  [
    `${core}/workflow/s-schema.ts`,
    `import { z } from 'zod'\n\nexport const seeded = z.string()\n`,
    'plugin:import * as z',
  ],
  [`${server}/config.ts`, `import { z } from 'zod'\n\nexport const seeded = z.string()\n`, 'plugin:import * as z'],

  // The core is pure.
  [`${core}/prompt/c.ts`, 'export const seeded = () => Date.now()\n', 'plugin:clock'],
  [`${core}/prompt/d.ts`, 'export const seeded = () => new Date()\n', 'plugin:clock'],
  [`${core}/prompt/e.ts`, 'export const seeded = () => Math.random()\n', 'plugin:clock'],
  [`${core}/base/d.ts`, 'export const seeded = () => crypto.randomUUID()\n', 'plugin:clock'],

  // Size, names and shape.
  [`${core}/prompt/long.ts`, `export const list = [\n${'  1_000,\n'.repeat(500)}]\n`, 'noExcessiveLinesPerFile'],
  [
    `${core}/prompt/long-function.ts`,
    `export function total() {\n  let sum = 0\n${lines(70)}\n  return sum\n}\n`,
    'noExcessiveLinesPerFunction',
  ],
  [`${core}/prompt/cycle-a.ts`, importing('./cycle-b.ts').replace('seeded', 'seed'), 'noImportCycles'],
  [`${core}/prompt/cycle-b.ts`, importing('./cycle-a.ts').replace('seeded', 'seed'), 'noImportCycles'],
  [`${core}/prompt/camelCase.ts`, 'export const seeded = 1\n', 'useFilenamingConvention'],
  [`${server}/utils/seed.ts`, 'export const seeded = 1\n', 'plugin:Name the file'],
  [`${server}/tenant/helpers/seed.ts`, 'export const seeded = 1\n', 'plugin:Name the file'],
  [`${sdk}/common/seed.ts`, 'export const seeded = 1\n', 'plugin:Name the file'],
  [`${core}/workflow/types.ts`, 'export type Seeded = 1\n', 'plugin:Name the file'],
  [`${server}/workflow/run-manager.ts`, 'export const seeded = 1\n', 'plugin:Name the file'],
  [`${server}/workflow/a/b/c/seed.ts`, 'export const seeded = 1\n', 'plugin:three levels'],
  [`${sdk}/g.ts`, 'export default 1\n', 'noDefaultExport'],
  [`${sdk}/workflow/index.ts`, `export * from './stream.ts'\n`, 'noReExportAll'],
  [`${sdk}/h.ts`, `export const seeded = () => console.log('seed')\n`, 'noConsole'],
  [`${server}/jobs/b.ts`, `export const seeded = () => console.error('seed')\n`, 'noConsole'],
  [`${sdk}/i.ts`, 'async function work() {}\n\nexport function seeded() {\n  work()\n}\n', 'noFloatingPromises'],
  [`${sdk}/j.ts`, 'export const seeded = (value: any) => value\n', 'noExplicitAny'],
  [`${sdk}/k.ts`, '// @ts-ignore: seed\nexport const seeded: number = 1\n', 'noTsIgnore'],
]

/** What the rules must let pass: the allowed direction beside each forbidden one. */
const allowed = [
  [`${core}/base/z.ts`, importing('@cfworker/json-schema')],
  [`${core}/base/z1.ts`, importing('./json-schema.ts')],
  [`${core}/expression/z.ts`, importing('@marcbachmann/cel-js')],
  [`${core}/expression/z1.ts`, importing('../base/error.ts')],
  [`${core}/workflow/z.ts`, importing('../prompt/index.ts')],
  [`${core}/workflow/z1.ts`, typing('../prompt/schema.ts')],
  [`${core}/workflow/z2.ts`, typing('./document-schema.ts')],
  [`${core}/workflow/rule/z.ts`, importing('../../expression/index.ts')],
  [`${core}/workflow/rule/z1.ts`, importing('../parse.ts')],
  [`${core}/workflow/parse.ts`, importing('./schema.ts')],
  [`${core}/workflow/schema.ts`, `export { seed } from './z-schema.ts'\n`],
  [`${core}/workflow/z-schema.ts`, `import * as z from 'zod'\n\nexport const seeded = z.string()\n`],
  [`${core}/workflow/z.test.ts`, `${importing('node:fs')}`],
  [`${core}/experiment/z.ts`, importing('../analytics/index.ts')],
  [`${core}/experiment/z1.ts`, importing('jstat')],
  [`${core}/experiment/z2.ts`, importing('@noble/hashes/legacy.js')],
  [`${core}/analytics/z.ts`, importing('../workflow/index.ts')],
  [`${core}/langgraph/z.ts`, importing('@langchain/langgraph')],
  [`${core}/langgraph/z1.ts`, importing('@langchain/core/messages')],
  [`${core}/base/clock.ts`, 'export const seeded = () => Date.now()\n'],
  [`${core}/prompt/z.ts`, 'export const seeded = (at: string) => new Date(at)\n'],
  [`${sdk}/z.ts`, importing('@fairlead/core/workflow')],
  [`${sdk}/z1.ts`, typing('@fairlead/core/contract')],
  [`${sdk}/testing/z.ts`, importing('@fairlead/core/contract')],
  [`${sdk}/testing/z1.ts`, importing('msw')],
  [`${sdk}/worker/z.ts`, importing('@fairlead/core/langgraph')],
  [`${sdk}/worker/z1.ts`, importing('node:os')],
  [`${sdk}/prompt/z.ts`, importing('../transport.ts')],
  [`${server}/workflow/z.ts`, importing('../prompt/ports.ts')],
  [`${server}/workflow/z1.ts`, importing('../tenant/service.ts')],
  [`${server}/workflow/z2.ts`, importing('../database/index.ts')],
  [`${server}/workflow/z3.ts`, importing('@fairlead/core/workflow/schema')],
  [`${server}/workflow/z.test.ts`, importing('../database/scope.ts')],
  [`${server}/cli-serve.ts`, `export const seeded = () => console.log('seed')\n`],
  [`${react}/workflow/z.ts`, importing('@xyflow/react')],
  [`${react}/analytics/cost-chart.tsx`, importing('recharts')],
  [`${server}/database/0001-first.ts`, 'export const seeded = 1\n'],
  ['vitest.config.ts', 'export default {}\n'],
]

let folder
let reported

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-lint-'))
  await cp(join(root, 'biome.json'), join(folder, 'biome.json'))
  await cp(join(root, 'scripts/lint'), join(folder, 'scripts/lint'), { recursive: true })
  await Promise.all(
    [...violations, ...allowed].map(async ([path, source]) => {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), source)
    }),
  )
  reported = await lint(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test.each(violations)('%s breaks a rule, and lint says so', (path, _source, rule) => {
  const found = reported.get(path) ?? []
  const [category, words] = rule.split(':')
  expect(found).toContainEqual({
    severity: 'error',
    category: expect.stringMatching(new RegExp(`(^|/)${category}$`)),
    message: expect.stringContaining(words ?? ''),
  })
})

test.each(allowed)('%s keeps the rules, and lint is silent', (path) => {
  expect(reported.get(path) ?? []).toEqual([])
})

/** Every finding of one Biome run over a folder, by file. */
async function lint(cwd) {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
  const args = ['lint', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=json', '.']
  const output = await new Promise((resolve) => {
    execFile(process.execPath, [biome, ...args], { cwd, maxBuffer: 1 << 28 }, (_error, stdout) => resolve(stdout))
  })
  const byFile = new Map()
  for (const { location, severity, category, message } of JSON.parse(output).diagnostics) {
    const path = relative(cwd, join(cwd, location.path))
    byFile.set(path, [...(byFile.get(path) ?? []), { severity, category, message }])
  }
  return byFile
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { moduleImports } from './module-imports.mjs'

test('follows files, and names packages imported at once, later, for effect or by re-export', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-imports-'))
  const write = (name, text, sources) =>
    Promise.all([
      writeFile(join(folder, name), text),
      writeFile(join(folder, `${name}.map`), JSON.stringify({ sources })),
    ])
  await write('entry.js', `import { a } from './chunk.js'\nimport 'effect'\nexport { b } from 'b/deep'\n`, [
    '../src/a.ts',
  ])
  await write('chunk.js', `export const a = () => import('late')\nimport './entry.js'\nimport.meta.url\n`, [
    '../src/b.ts',
  ])

  expect(await moduleImports(join(folder, 'entry.js'))).toEqual({
    specifiers: ['effect', 'b/deep', 'late'],
    sources: ['../src/a.ts', '../src/b.ts'],
  })
  await rm(folder, { recursive: true })
})

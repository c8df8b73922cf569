import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { moduleImports } from './module-imports.mjs'

test('follows files, and names packages imported at once, for effect, by re-export or later', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-imports-'))
  const write = (name, text, sources) =>
    Promise.all([
      writeFile(join(folder, name), text),
      writeFile(join(folder, `${name}.map`), JSON.stringify({ sources })),
    ])
  await write('entry.js', `import { a } from './chunk.js'\nimport 'effect'\nexport { b } from 'b/deep'\n`, [
    '../src/a.ts',
  ])
  await write('chunk.js', `export const a = () => import('./late.js')\nimport './entry.js'\nimport.meta.url\n`, [
    '../src/b.ts',
  ])
  await write('late.js', `import './chunk.js'\nimport 'effect'\nimport 'c'\nexport const d = () => import('d')\n`, [
    '../src/c.ts',
  ])

  expect(await moduleImports(join(folder, 'entry.js'))).toEqual({
    specifiers: ['effect', 'b/deep'],
    later: ['c', 'd'],
    sources: ['../src/a.ts', '../src/b.ts', '../src/c.ts'],
  })
  await rm(folder, { recursive: true })
})

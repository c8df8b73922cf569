import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { init, parse } from 'es-module-lexer'

/**
 * What a built module needs: every package that it, or a file that it imports, imports as soon as it is loaded (`specifiers`)
 * and not before something is called (`later`), and the source files bundled into them (`sources`, from their source maps).
 */
export async function moduleImports(entry) {
  await init()
  const atOnce = { files: new Set([entry]), specifiers: new Set() }
  const later = { files: new Set(), specifiers: new Set() }
  const sources = []
  await follow(atOnce, later, sources)
  later.files = later.files.difference(atOnce.files)
  await follow(later, later, sources)
  return {
    specifiers: [...atOnce.specifiers],
    later: [...later.specifiers.difference(atOnce.specifiers)],
    sources: [...new Set(sources)],
  }
}

async function follow(reached, later, sources) {
  for (const file of reached.files) {
    const [imports] = parse(await readFile(file, 'utf8'))
    for (const { specifier, type } of imports) {
      const { files, specifiers } = type === 'dynamic' ? later : reached
      if (specifier?.startsWith('.')) files.add(join(dirname(file), specifier))
      else if (specifier) specifiers.add(specifier)
    }
    sources.push(...JSON.parse(await readFile(`${file}.map`, 'utf8')).sources)
  }
}

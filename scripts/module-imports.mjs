import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { init, parse } from 'es-module-lexer'

/**
 * What a built module needs: every package that it, or a file beside it that it imports, imports now or later
 * (`specifiers`), and the source files bundled into them (`sources`, from their source maps).
 */
export async function moduleImports(entry) {
  await init()
  const specifiers = new Set()
  const sources = []
  const files = new Set([entry])
  for (const file of files) {
    const [imports] = parse(await readFile(file, 'utf8'))
    for (const { specifier } of imports) {
      if (specifier?.startsWith('.')) files.add(join(dirname(file), specifier))
      else if (specifier) specifiers.add(specifier)
    }
    sources.push(...JSON.parse(await readFile(`${file}.map`, 'utf8')).sources)
  }
  return { specifiers: [...specifiers], sources }
}

import { createHash, randomUUID } from 'node:crypto'
import { existsSync, globSync, mkdirSync, openAsBlob, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { silentLogger } from '../logger.ts'
import { migrateDatabase } from '../migrate.ts'
import { wrapPglite } from '../pglite.ts'

const databaseRoot = dirname(dirname(fileURLToPath(import.meta.url)))
const cacheRoot = join(databaseRoot, '..', '..', 'node_modules', '.cache', 'fairlead')

/**
 * The file that a migrated embedded database is restored from. It is made once per version of the schema and kept,
 * because creating a cluster takes seconds and restoring one a fraction of a second.
 */
export async function pgliteTemplateFile(): Promise<string> {
  const version = pgliteVersion()
  const empty = await cached(`pglite-${version}-empty.tar.gz`, async () => dumpOf(await PGlite.create()))
  return cached(`pglite-${version}-${schemaHash()}.tar.gz`, async () => {
    const pglite = await PGlite.create({ loadDataDir: await openAsBlob(empty) })
    await migrateDatabase(wrapPglite(pglite, { acquireTimeoutMs: 0 }), silentLogger)
    return dumpOf(pglite)
  })
}

async function cached(name: string, make: () => Promise<Uint8Array>): Promise<string> {
  const path = join(cacheRoot, name)
  if (existsSync(path)) return path
  mkdirSync(cacheRoot, { recursive: true })
  // Other test runs may be making the same file: the last one to rename wins, and all are alike.
  const draft = `${path}.${randomUUID()}`
  writeFileSync(draft, await make())
  renameSync(draft, path)
  return path
}

async function dumpOf(pglite: PGlite): Promise<Uint8Array> {
  const dump = await pglite.dumpDataDir('gzip')
  await pglite.close()
  return new Uint8Array(await dump.arrayBuffer())
}

function schemaHash(): string {
  const hash = createHash('sha256')
  const sources = globSync('**/*.ts', { cwd: databaseRoot }).filter((path) => !/\.test\.ts$|^testing/.test(path))
  for (const path of sources.sort()) hash.update(path).update(readFileSync(join(databaseRoot, path)))
  return hash.digest('hex').slice(0, 16)
}

function pgliteVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  const manifest = JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8')) as { version: string }
  return manifest.version
}

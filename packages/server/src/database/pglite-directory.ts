import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { lockDirectory } from './directory-lock.ts'

/** An embedded database in memory, gone when the process ends. `dump` is what `dumpDataDir` gave. */
export async function openPgliteInMemory(dump?: Blob): Promise<PGlite> {
  return PGlite.create(dump ? { loadDataDir: dump } : {})
}

/**
 * Opens the embedded database in a directory, creating both where they are missing. The directory belongs to this
 * process until `release` is called after closing; see directory-lock.ts. What was committed survives a killed process.
 * A first start that was killed half-way is begun again.
 */
export async function openPgliteDirectory(
  directory: string,
  dump?: Blob,
): Promise<{ pglite: PGlite; release(): void }> {
  const root = resolve(directory)
  mkdirSync(root, { recursive: true })
  const release = lockDirectory(root)
  const dataDir = join(root, 'cluster')
  const unfinished = join(root, 'cluster.unfinished')
  try {
    if (existsSync(unfinished)) rmSync(dataDir, { recursive: true, force: true })
    const isNew = !existsSync(dataDir)
    if (isNew) writeFileSync(unfinished, '')
    const pglite = await PGlite.create({ dataDir, ...(isNew && dump && { loadDataDir: dump }) })
    rmSync(unfinished, { force: true })
    return { pglite, release }
  } catch (error) {
    release()
    throw error
  }
}

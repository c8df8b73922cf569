import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PromptStore } from '@fairlead/sdk'

/** Keeps what prompts said last in a folder, for starts without the control plane. In a browser, `localStorage` is one. */
export function fileStore(folder: string): PromptStore {
  const fileOf = (key: string) => join(folder, encodeURIComponent(key))
  return {
    getItem: (key) => readFile(fileOf(key), 'utf8').catch(() => null),
    async setItem(key, value) {
      await mkdir(folder, { recursive: true })
      await writeFile(fileOf(key), value)
    },
    removeItem: (key) => rm(fileOf(key), { force: true }),
  }
}

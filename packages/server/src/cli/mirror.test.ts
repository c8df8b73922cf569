import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeMirror } from './mirror.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-mirror-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const about = '{\n  "formatVersion": 1\n}\n'
const saying = (text: string) => new Map([...Object.entries({ 'prompt.json': about, 'prompt.md': text })])
const chat = (...roles: string[]) =>
  new Map([['prompt.json', about], ...roles.map((role, at) => [`messages/00${at + 1}-${role}.md`, role] as const)])
const reading = (path: string) => readFileSync(join(folder, path), 'utf8')
const put = (path: string, text: string) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
const manifest = () => JSON.parse(reading('.fairlead-mirror.json')).files

test('a mirror follows: it writes, changes and removes its own files, and lists them in order', async () => {
  const first = new Map([
    ['tone', saying('Hello')],
    ['chat', chat('system', 'user')],
  ])
  expect(await writeMirror(folder, first)).toEqual({ changed: 2, removed: 0 })
  expect(await writeMirror(folder, first)).toEqual({ changed: 0, removed: 0 })
  expect(manifest()).toEqual([
    'chat/messages/001-system.md',
    'chat/messages/002-user.md',
    'chat/prompt.json',
    'tone/prompt.json',
    'tone/prompt.md',
  ])
  expect(await writeMirror(folder, new Map([['chat', saying('Now a text')]]))).toEqual({ changed: 1, removed: 1 })
  expect(readdirSync(folder).sort()).toEqual(['.fairlead-mirror.json', 'chat'])
  expect(readdirSync(join(folder, 'chat')).sort()).toEqual(['prompt.json', 'prompt.md'])
  expect(manifest()).toEqual(['chat/prompt.json', 'chat/prompt.md'])
})

test('what looks like a prompt and was written by no mirror stays, in a folder of its own and beside a mirrored one', async () => {
  put('exported/prompt.json', about)
  put('exported/prompt.md', 'mine')
  await writeMirror(folder, new Map([['tone', saying('Hello')]]))
  put('tone/messages/001-user.md', 'mine')
  await writeMirror(folder, new Map())
  expect(reading('exported/prompt.json')).toBe(about)
  expect(reading('exported/prompt.md')).toBe('mine')
  expect(readdirSync(join(folder, 'tone'))).toEqual(['messages'])
})

test('a file that somebody has changed is still the mirror’s', async () => {
  await writeMirror(folder, new Map([['tone', saying('Hello')]]))
  put('tone/prompt.md', 'changed')
  expect(await writeMirror(folder, new Map([['tone', saying('Hello')]]))).toEqual({ changed: 1, removed: 0 })
  expect(reading('tone/prompt.md')).toBe('Hello')
  put('tone/prompt.md', 'changed')
  await writeMirror(folder, new Map())
  expect(existsSync(join(folder, 'tone'))).toBe(false)
})

test('a folder or file of somebody else’s in the place of a prompt is refused before anything is written', async () => {
  put('tone/prompt.json', about)
  const both = new Map([
    ['chat', chat('user')],
    ['tone', saying('Hello')],
  ])
  await expect(writeMirror(folder, both)).rejects.toMatchObject({
    code: 'cli.usage',
    message: expect.stringContaining(`${join(folder, 'tone')} is there already`),
  })
  expect(readdirSync(folder)).toEqual(['tone'])
  rmSync(join(folder, 'tone'), { recursive: true })
  await writeMirror(folder, both)
  put('tone/messages/001-user.md', 'mine')
  const asChat = new Map([['tone', chat('user')]])
  await expect(writeMirror(folder, asChat)).rejects.toMatchObject({ code: 'cli.usage' })
  expect(reading('tone/messages/001-user.md')).toBe('mine')
})

test('a list that somebody has written into leads nowhere outside, and a broken one is refused', async () => {
  const top = folder
  folder = join(folder, 'mirror')
  const outside = join(top, 'prompt.json')
  put('inner/README.md', 'mine')
  put('inner/prompt.json', about)
  put('.fairlead-mirror.json', JSON.stringify({ files: ['../prompt.json', 'inner/README.md', 7, 'a/../prompt.md'] }))
  writeFileSync(outside, 'outside')
  await writeMirror(folder, new Map())
  expect(readFileSync(outside, 'utf8')).toBe('outside')
  expect(reading('inner/README.md')).toBe('mine')
  put('.fairlead-mirror.json', '{')
  await expect(writeMirror(folder, new Map())).rejects.toMatchObject({
    code: 'cli.usage',
    message: expect.stringContaining('.fairlead-mirror.json'),
  })
  folder = top
})

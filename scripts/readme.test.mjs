import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
const texts = pages.map((name) => readFileSync(join(root, name), 'utf8')).join('\n')
const blocks = [...texts.matchAll(/<!-- (examples\/\S+) -->\n```ts\n([\s\S]*?)```/g)]

it.each(blocks.map(([, file, code]) => [file, code]))('the pages show %s as it is tested', (file, code) => {
  // The beginning of the file will do: an example may go on to end itself in an orderly way.
  expect(readFileSync(join(root, file), 'utf8').slice(0, code.length)).toBe(code)
})

it('every block of TypeScript in the README names the example that it shows', () => {
  expect(readme.match(/```ts\n/g)).toHaveLength(blocks.filter(({ index }) => index < readme.length).length)
  expect(blocks.length).toBeGreaterThan(0)
})

it('every install from tarballs brings along what those packages need of each other', () => {
  const folders = readdirSync(join(root, 'packages')).map((folder) => join(root, 'packages', folder, 'package.json'))
  const packages = folders.map((file) => JSON.parse(readFileSync(file, 'utf8')))
  const tarballOf = ({ name, version }) => `${name.replace(/^@(.*)\//, '$1-')}-${version}.tgz`
  const installs = readme.match(/^npm install .*\.tgz.*$/gm)
  expect(installs.length).toBeGreaterThan(0)
  for (const install of installs) {
    for (const tarball of install.match(/[^/ ]+\.tgz/g)) {
      const { dependencies, peerDependencies, peerDependenciesMeta } = packages.find(
        (manifest) => tarballOf(manifest) === tarball,
      )
      const isNeeded = ({ name }) =>
        dependencies?.[name] ?? (peerDependencies?.[name] && !peerDependenciesMeta?.[name]?.optional)
      for (const needed of packages.filter(isNeeded)) expect(install).toContain(tarballOf(needed))
    }
  }
})

it('every file that the README links to is there', () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path.replace(/\/$/, ''))
  const entries = readdirSync(root)
  for (const link of links) expect(entries).toContain(link.split('/')[0])
})

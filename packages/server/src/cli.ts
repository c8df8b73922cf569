#!/usr/bin/env node
import { createRequire } from 'node:module'

// Checked before anything else is loaded: an older Node would end with a syntax error instead.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`Fairlead needs Node 22.18 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
const { runCommand } = await import('./cli/command.ts')
process.exitCode = await runCommand(process.argv.slice(2), { env: process.env, version })

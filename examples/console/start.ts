import { enableCompileCache } from 'node:module'
import { help, readOptions } from './options.ts'

const options = readOptions(process.argv.slice(2), process.env)
if (options === 'help') {
  console.log(help)
  process.exit(0)
}
if ('complaint' in options) {
  console.error(`${options.complaint}\nSee: npm start -- --help`)
  process.exit(2)
}

console.log('Starting the control plane …')
// The next start finds compiled what this one has loaded.
enableCompileCache()
// Not before that line: what this imports takes seconds to load.
const { demonstrate } = await import('./demonstration.ts')
await demonstrate(options)

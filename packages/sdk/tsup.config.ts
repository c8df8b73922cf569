import { readFile } from 'node:fs/promises'
import { defineConfig } from 'tsup'

/** Of an endpoint the client needs its method and path; who may call it and what guards it only the server asks. */
const onlyMethodAndPath = {
  name: 'only-method-and-path',
  setup(build: { onLoad(filter: { filter: RegExp }, load: (file: { path: string }) => Promise<object>): void }) {
    build.onLoad({ filter: /[\\/]core[\\/]src[\\/]\w+[\\/]endpoints\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(
        /\b(?:permission: (?:null|'[\w:]+')|(?:etag|ifMatch|stream): true|ifMatch: 'or-none'|identity: 'user'),?/g,
        '',
      ),
      loader: 'ts',
    }))
  },
}

export default defineConfig([
  {
    // Those that are no doors are loaded when the client first needs them.
    entry: {
      index: 'src/index.ts',
      delivery: 'src/prompt/delivery/delivery.ts',
      analytics: 'src/analytics/index.ts',
      experiments: 'src/experiment/experiments.ts',
      'local-experiments': 'src/experiment/local-experiments.ts',
      'experiment/index': 'src/experiment/index.ts',
    },
    format: 'esm',
    target: 'node22',
    sourcemap: true,
    // The two builds share dist and run side by side: each cleans its own part.
    clean: ['!testing/**'],
    dts: false,
    // The client carries the little it uses of the core, and installs without it.
    // From the core's sources, because only there every file can be shaken off on its own.
    noExternal: [/^@fairlead\/core\//],
    esbuildPlugins: [onlyMethodAndPath],
    esbuildOptions(options) {
      options.conditions = ['@fairlead/source']
    },
  },
  {
    entry: ['src/testing/index.ts'],
    outDir: 'dist/testing',
    format: 'esm',
    target: 'node22',
    sourcemap: true,
    clean: true,
    dts: false,
  },
])

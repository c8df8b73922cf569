import { readFile } from 'node:fs/promises'
import type { Options } from 'tsup'
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

const late: Record<string, string> = {
  './experiment/local-experiments.ts': './experiment/local-experiments.js',
  './experiment/experiments.ts': './late/experiments.js',
  './analytics/index.ts': './late/analytics.js',
  './tenant/index.ts': './late/tenant.js',
  './review.ts': './late/review.js',
}

/** What the client loads later is built on its own: what it shares with the rest would move into the entry, used there or not. */
const builtApart = {
  name: 'built-apart',
  setup(build: { onResolve(filter: { filter: RegExp }, resolve: (asked: { path: string }) => object | null): void }) {
    build.onResolve({ filter: /^\./ }, ({ path }) => (late[path] ? { path: late[path], external: true } : null))
  },
}

const carryingTheCore = {
  format: 'esm',
  target: 'node22',
  sourcemap: true,
  dts: false,
  // The client carries the little it uses of the core, and installs without it.
  // From the core's sources, because only there every file can be shaken off on its own.
  noExternal: [/^@fairlead\/core\//],
  esbuildOptions(options) {
    options.conditions = ['@fairlead/source']
  },
} satisfies Options

export default defineConfig([
  {
    ...carryingTheCore,
    // The second is no door: `prompts.get` loads it when it is first called.
    entry: { index: 'src/index.ts', delivery: 'src/prompt/delivery/delivery.ts' },
    // The builds share dist and run side by side: each cleans its own part.
    clean: ['!testing/**', '!experiment/**', '!late/**', '!openfeature/**'],
    esbuildPlugins: [onlyMethodAndPath, builtApart],
  },
  {
    ...carryingTheCore,
    entry: {
      analytics: 'src/analytics/index.ts',
      experiments: 'src/experiment/experiments.ts',
      tenant: 'src/tenant/index.ts',
      review: 'src/prompt/review.ts',
    },
    outDir: 'dist/late',
    clean: true,
    esbuildPlugins: [onlyMethodAndPath],
  },
  {
    ...carryingTheCore,
    entry: ['src/experiment/index.ts', 'src/experiment/local-experiments.ts'],
    outDir: 'dist/experiment',
    clean: true,
  },
  {
    entry: ['src/openfeature/index.ts', 'src/openfeature/web.ts'],
    outDir: 'dist/openfeature',
    format: 'esm',
    target: 'node22',
    sourcemap: true,
    clean: true,
    dts: false,
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

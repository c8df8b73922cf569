import { defineConfig } from 'tsup'

export default defineConfig([
  {
    entry: ['src/index.ts'],
    format: 'esm',
    target: 'node22',
    sourcemap: true,
    // The two builds share dist and run side by side: each cleans its own part.
    clean: ['!testing/**'],
    dts: false,
    // The client carries the little it uses of the core, and so installs and bundles with no dependency.
    // From the core's sources, because only there every file can be shaken off on its own.
    noExternal: [/^@fairlead\/core\//],
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

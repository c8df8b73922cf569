import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/cli.ts'],
  format: 'esm',
  target: 'node22',
  splitting: true,
  sourcemap: true,
  clean: true,
  // Declarations come from tsc: TypeScript 7 has no compiler API for bundlers.
  dts: false,
})

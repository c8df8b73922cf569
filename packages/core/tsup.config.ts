import { defineConfig } from 'tsup'

export default defineConfig({
  // One entry per door of package.json "exports".
  entry: [
    'src/base/index.ts',
    'src/expression/index.ts',
    'src/workflow/index.ts',
    'src/workflow/schema.ts',
    'src/langgraph/index.ts',
    'src/prompt/index.ts',
    'src/prompt/schema.ts',
    'src/experiment/index.ts',
    'src/experiment/schema.ts',
    'src/analytics/index.ts',
    'src/analytics/schema.ts',
    'src/tenant/index.ts',
    'src/tenant/schema.ts',
    'src/contract.ts',
    'src/endpoints.ts',
  ],
  format: 'esm',
  target: 'node22',
  splitting: true,
  sourcemap: true,
  clean: true,
  // Declarations come from tsc: TypeScript 7 has no compiler API for bundlers.
  dts: false,
})

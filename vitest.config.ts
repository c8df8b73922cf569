import { defineConfig } from 'vitest/config'

// Tests run the sources: no build stands between an edit and its test.
const conditions = ['@fairlead/source']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      ...['core', 'sdk', 'server', 'react-components'].map((name) => ({
        extends: true as const,
        test: { name, root: `packages/${name}`, include: ['src/**/*.test.{ts,tsx}'] },
      })),
      { extends: true, test: { name: 'examples', include: ['examples/**/*.test.ts'] } },
      { extends: true, test: { name: 'repository', include: ['scripts/**/*.test.mjs'] } },
    ],
  },
})

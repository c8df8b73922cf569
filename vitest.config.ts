import { defineConfig } from 'vitest/config'

// Tests run the sources: no build stands between an edit and its test.
const conditions = ['@fairlead/source']

export default defineConfig({
  test: {
    projects: [
      ...['core', 'sdk', 'server', 'react-components'].map((name) => ({
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name,
          root: `packages/${name}`,
          include: ['src/**/*.test.{ts,tsx}'],
          testTimeout: 30_000,
        },
      })),
      { test: { name: 'repository', include: ['scripts/**/*.test.mjs'] } },
    ],
  },
})

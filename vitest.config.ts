import { defineConfig } from 'vitest/config'

const conditions = ['@fairlead/source']

export default defineConfig({
  test: {
    projects: ['core', 'sdk', 'server', 'react-components'].map((name) => ({
      // Tests run the sources: no build stands between an edit and its test.
      resolve: { conditions },
      ssr: { resolve: { conditions } },
      test: {
        name,
        root: `packages/${name}`,
        include: ['src/**/*.test.{ts,tsx}'],
        testTimeout: 30_000,
      },
    })),
  },
})

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Tests run the sources: no build stands between an edit and its test.
const conditions = ['@fairlead/source']

function inPackage(name: string, test: { globalSetup?: string } = {}) {
  return {
    extends: true as const,
    test: { name, root: `packages/${name}`, include: ['src/**/*.test.{ts,tsx}'], ...test },
  }
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // Where a global setup runs.
  environments: { __vitest__: { resolve: { conditions } } },
  test: {
    // Programs that tests start over and over load what was compiled before.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'fairlead-compile-cache') },
    setupFiles: [fileURLToPath(new URL('scripts/property-seed.setup.ts', import.meta.url))],
    // They compute more than they wait.
    maxWorkers: '100%',
    // A busy machine is not a wrong answer.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 10_000 } },
    projects: [
      inPackage('core'),
      inPackage('sdk'),
      // The databases that the server's suites copy.
      inPackage('server', { globalSetup: 'src/database/testing/global-setup.ts' }),
      inPackage('react-components'),
      { extends: true, test: { name: 'examples', include: ['examples/**/*.test.ts'] } },
      { extends: true, test: { name: 'repository', include: ['scripts/**/*.test.mjs'] } },
    ],
  },
})

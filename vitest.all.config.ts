import { defineConfig } from 'vitest/config'

/** The heavier suite: what takes minutes, or needs Debian packages that are skipped loudly where they are missing. */
export default defineConfig({
  test: {
    include: ['test/**/*.heavy.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 300_000,
    maxWorkers: 1,
    fileParallelism: false,
  },
})

import { defineConfig } from 'vitest/config'
import workspace from '../../vitest.config.ts'

// One after another: each part installs what the one before has published.
export default defineConfig({
  resolve: workspace.resolve,
  test: {
    include: ['{release,frameworks}/**/*.test.ts'],
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    fileParallelism: false,
  },
})

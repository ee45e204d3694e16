import { defineConfig } from 'vitest/config'
import workspace from '../../vitest.config.ts'

// One after another: each part takes a machine for itself.
const settings = { testTimeout: 1_200_000, hookTimeout: 1_200_000, fileParallelism: false }
const project = (name, more) => ({
  resolve: workspace.resolve,
  test: { name, include: [`${name}/**/*.test.ts`], ...settings, ...more },
})

export default defineConfig({
  test: { projects: [project('release', { globalSetup: 'release/published.ts' }), project('frameworks')], ...settings },
})

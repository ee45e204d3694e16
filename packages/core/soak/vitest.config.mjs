import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import base from '../../../vitest.config.ts'

/** Long runs, apart from the tests that run on every change. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: base.resolve,
  test: { include: ['mutations.ts'], testTimeout: 1_800_000 },
})

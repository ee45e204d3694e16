import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { SkippedReporter } from './scripts/skipped-reporter.mjs'

const src = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// Tests run from source: a failing line is the line someone wrote, and no build can be stale.
export default defineConfig({
  resolve: {
    alias: [
      { find: '#legacy', replacement: src('packages/connect/src/legacy/index.ts') },
      { find: '#check', replacement: src('packages/core/src/check.ts') },
      { find: '#characters', replacement: src('packages/core/src/seal/characters.ts') },
      { find: '#freshness', replacement: src('packages/core/src/record/freshness.ts') },
      { find: '#same-origin', replacement: src('packages/core/src/http/same-origin.ts') },
      { find: '#platform', replacement: src('packages/core/src/seal/platform-node.ts') },
      { find: /^@sojourn\/session-testing\/(.*)$/, replacement: src('packages/testing/src/$1.ts') },
      { find: '@sojourn/session-core/rows', replacement: src('packages/core/src/persistence/sealed-rows.ts') },
      { find: /^@sojourn\/session-core\/(.*)$/, replacement: src('packages/core/src/$1/index.ts') },
      {
        find: /^@sojourn\/session-(http|express|koa|fastify)\/(.*)$/,
        replacement: src('packages/$1/src/$2.ts'),
      },
      { find: '@sojourn/session-compat/import', replacement: src('packages/compat/src/import/index.ts') },
      { find: /^@sojourn\/session-compat\/(.*)$/, replacement: src('packages/compat/src/$1.ts') },
      {
        find: /^@sojourn\/session-(core|http|express|koa|fastify|redis|postgres|connect|cli|otel|testing)$/,
        replacement: src('packages/$1/src/index.ts'),
      },
    ],
  },
  test: {
    include: ['{packages,apps}/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', new SkippedReporter()],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})

import { defineConfig, type Options } from 'tsup'

/** One build for every package: ESM, CJS and types for both, from the entries that `exports` names. */
export const build = (options: Options) =>
  defineConfig({
    format: ['esm', 'cjs'],
    dts: true,
    clean: true,
    target: 'node20',
    sourcemap: true,
    treeshake: true,
    ...options,
  })

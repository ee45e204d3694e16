import { fileURLToPath } from 'node:url'
import { defineConfig, type Options } from 'tsup'
import { dependencies } from './package.json'

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Finds our packages by their sources. */
const sources: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'sources',
  setup({ onResolve }) {
    onResolve({ filter: /^#platform$/ }, () => ({ path: root('packages/core/src/seal/platform-node.ts') }))
    onResolve({ filter: /^#check$/ }, () => ({ path: root('packages/core/src/check.ts') }))
    onResolve({ filter: /^#characters$/ }, () => ({ path: root('packages/core/src/seal/characters.ts') }))
    onResolve({ filter: /^#freshness$/ }, () => ({ path: root('packages/core/src/record/freshness.ts') }))
    onResolve({ filter: /^#same-origin$/ }, () => ({ path: root('packages/core/src/http/same-origin.ts') }))
    onResolve({ filter: /^@sojourn\/session-/ }, ({ path }) => {
      const [name, entry = 'index'] = path.replace('@sojourn/session-', '').split('/')
      const isFolder = name === 'core' && entry !== 'index'
      return { path: root(`packages/${name}/src/${entry}${isFolder ? '/index' : ''}.ts`) }
    })
  },
}

/** The demo is built from the sources of all packages: nothing has to be built before it, and no older build is shown. */
export const fromSources: Options = {
  entry: {
    main: root('apps/demo/src/main.ts'),
    // The command, and what it asks.
    sojourn: root('packages/cli/src/main.ts'),
    sessions: root('apps/demo/src/sessions.ts'),
  },
  format: 'esm',
  target: 'node20',
  external: Object.keys(dependencies).filter((name) => !name.startsWith('@sojourn/')),
  noExternal: [/^@sojourn\//, /^#/],
  esbuildPlugins: [sources],
}

/** The page: static files, with all that it needs of Preact in one script. */
export const page: Options = {
  entry: { main: root('apps/demo/page/main.tsx') },
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
  minify: true,
  noExternal: [/./],
  publicDir: root('apps/demo/page/public'),
  esbuildOptions(options) {
    options.jsx = 'automatic'
    options.jsxImportSource = 'preact'
  },
}

export default defineConfig([
  { ...fromSources, outDir: 'dist' },
  { ...page, outDir: 'dist/page' },
])

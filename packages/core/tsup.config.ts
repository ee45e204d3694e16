import { build } from '../../tsup.base'

// `#platform` stays a run-time choice of the reader's runtime (package.json `imports`), so its two sides are entries of
// their own. iron-webcrypto is ESM only: bundling it into the CJS build makes `require` work everywhere.
export default build({
  entry: {
    index: 'src/index.ts',
    gateway: 'src/gateway/index.ts',
    kong: 'src/kong/index.ts',
    resty: 'src/resty/index.ts',
    rows: 'src/persistence/sealed-rows.ts',
    'platform-node': 'src/seal/platform-node.ts',
    'platform-web': 'src/seal/platform-web.ts',
  },
  external: [/^#platform$/],
  noExternal: [/^(iron-webcrypto|uint8array-extras)$/],
})

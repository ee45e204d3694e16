import { build } from '../../tsup.base'

// iron-webcrypto is ESM only: bundling it into the CJS build makes `require` work everywhere.
export default build({
  entry: {
    express: 'src/express.ts',
    koa: 'src/koa.ts',
    fastify: 'src/fastify.ts',
    import: 'src/import/index.ts',
  },
  noExternal: [/^(iron-webcrypto|uint8array-extras)$/],
})

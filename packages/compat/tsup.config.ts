import { build } from '../../tsup.base'

export default build({
  entry: {
    express: 'src/express.ts',
    koa: 'src/koa.ts',
    fastify: 'src/fastify.ts',
    import: 'src/import/index.ts',
  },
})

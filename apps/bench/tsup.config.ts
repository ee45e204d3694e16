import { build } from '../../tsup.base'

export default build({
  entry: ['src/main.ts', 'src/http-server.ts', 'src/ping-worker.ts'],
  format: ['esm'],
  dts: false,
})

import { build } from '../../tsup.base'

export default build({ entry: { worker: 'src/worker.ts', site: 'src/site/main.ts' }, format: ['esm'], dts: false })

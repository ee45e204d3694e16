import { build } from '../../tsup.base'

export default build({ entry: ['src/worker.ts'], format: ['esm'], dts: false })

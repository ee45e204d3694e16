import { build } from '../../tsup.base'

export default build({ entry: ['src/main.ts'], format: 'esm', dts: false })

import { build } from '../../tsup.base'

export default build({ entry: ['src/index.ts'] })

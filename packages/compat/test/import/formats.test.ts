import { afterEach, describe } from 'vitest'
import { FORMATS } from './support/formats'
import { promisesOfImports } from './support/promises'
import { closeAll } from './support/site'

afterEach(closeAll)

describe.each(FORMATS)('sessions of %s', (_, openSite) => {
  promisesOfImports(async () => ({ old: await openSite() }))
})

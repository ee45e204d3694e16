import { memoryRevocations } from '@sojourn/session-core'
import { afterEach, describe } from 'vitest'
import { FORMATS, IN_COOKIES } from './support/formats'
import { promisesOfImports } from './support/promises'
import { closeAll } from './support/site'

afterEach(closeAll)

describe.each(FORMATS)('sessions of %s', (_, openSite) => {
  promisesOfImports(async () => ({ old: await openSite() }))
})

describe.each(IN_COOKIES)('sessions of %s that go on in a sealed cookie', (_, openSite) => {
  promisesOfImports(async () => ({ old: await openSite(), storage: { revocations: memoryRevocations() } }))
})

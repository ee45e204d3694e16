import { withServer } from '@sojourn/session-testing/servers'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Opened, sentinelDrivers } from './support/drivers'
import { startSentinel } from './support/sentinel'
import { suites } from './support/suites'

withServer({ describe, it, afterAll }, 'redisStore behind a Sentinel', await startSentinel(), (sentinel) => {
  for (const [name, open] of Object.entries(sentinelDrivers)) {
    describe(name, () => {
      let opened: Opened
      beforeAll(async () => {
        opened = await open(sentinel.port)
      })
      afterAll(() => opened.close())
      suites(name, sentinel.namespace, () => opened)
    })
  }
})

import { startRedis, withServer } from '@sojourn/session-testing/servers'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { drivers, type Opened } from './support/drivers'
import { suites, sweep } from './support/suites'

withServer({ describe, it, afterAll }, 'redisStore on a single server', await startRedis(), (server) => {
  afterAll(async () => {
    const redis = new Redis(server.url)
    await sweep([redis], server.namespace)
    await redis.quit()
  })

  for (const [name, open] of Object.entries(drivers)) {
    describe(name, () => {
      let opened: Opened
      beforeAll(async () => {
        opened = await open(server.url)
      })
      afterAll(() => opened.close())
      suites(name, server.namespace, () => opened)
    })
  }
})

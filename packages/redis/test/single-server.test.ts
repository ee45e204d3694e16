import { findValkey, startRedis, withServer } from '@sojourn/session-testing/servers'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { drivers, type Opened } from './support/drivers'
import { suites, sweep } from './support/suites'

const servers = {
  Redis: await startRedis(),
  'Valkey 8.1': await startRedis({ own: true, program: await findValkey() }),
}

for (const [kind, found] of Object.entries(servers)) {
  withServer({ describe, it, afterAll }, `redisStore on a single server, ${kind}`, found, (server) => {
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
}

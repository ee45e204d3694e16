import { startRedisCluster, withServer } from '@sojourn/session-testing/servers'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { clusterDrivers, type Opened } from './support/drivers'
import { suites, sweep } from './support/suites'

withServer({ describe, it, afterAll }, 'redisStore on a Cluster', await startRedisCluster(), (server) => {
  afterAll(async () => {
    const cluster = new Cluster(server.urls)
    await cluster.ping()
    await sweep(cluster.nodes('master'), server.namespace)
    await cluster.quit()
  })

  for (const [name, open] of Object.entries(clusterDrivers)) {
    describe(name, () => {
      let opened: Opened
      beforeAll(async () => {
        opened = await open(server.urls)
      })
      afterAll(() => opened.close())
      suites(name, server.namespace, () => opened)
    })
  }
})

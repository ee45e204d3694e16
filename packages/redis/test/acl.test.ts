import { readFile } from 'node:fs/promises'
import { startRedisCluster, withServer } from '@sojourn/session-testing/servers'
import { Cluster, Redis } from 'ioredis'
import { Cluster as ValkeyCluster } from 'iovalkey'
import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { works } from './support/works'

withServer({ describe, it, afterAll }, 'ACL of the README', await startRedisCluster({ own: true }), ({ urls }) => {
  const user = { username: 'sojourn', password: 'password' }
  beforeAll(async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const [, , name, ...rules] = /^ACL SETUSER [^`]+/m.exec(readme)![0].trim().split(/\s+/)
    for (const url of urls) {
      const admin = new Redis(url)
      await admin.acl('SETUSER', name!, ...rules)
      await admin.quit()
    }
  })

  it('suffices for node-redis on a Cluster', async () => {
    const cluster = createCluster({ rootNodes: urls.map((url) => ({ url })), defaults: user })
    await cluster.connect()
    await works(cluster)
    await cluster.close()
  })

  it('suffices for ioredis and iovalkey on a Cluster', async () => {
    const options = { redisOptions: user, clusterRetryStrategy: () => null }
    for (const cluster of [new Cluster(urls, options), new ValkeyCluster(urls, options)]) {
      await works(cluster)
      cluster.disconnect()
    }
  })
})

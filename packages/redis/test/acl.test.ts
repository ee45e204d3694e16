import { readFile } from 'node:fs/promises'
import { startRedisCluster, withServer } from '@sojourn/session-testing/servers'
import { Cluster, Redis } from 'ioredis'
import { Cluster as ValkeyCluster } from 'iovalkey'
import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RedisClient, redisStore } from '../src/index'
import { present, rewrite, row } from './support/fixture'

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

  async function works(client: RedisClient, id: string): Promise<void> {
    const store = redisStore(client)
    const seen = row(id, { subjectKeys: [`k ${id}`] })
    expect(await store.create(seen)).toBe(true)
    expect(await store.update(rewrite(seen), seen)).toBe(true)
    expect(await store.touch(id, present, present)).toBe(true)
    expect(await store.acquire(`k ${id}`, id, 1, true)).toEqual({ admitted: true, evicted: [] })
    expect(await store.deleteBySubject(`k ${id}`, { limit: 1000 })).toEqual({ deleted: 1 })
  }

  it('suffices for node-redis on a Cluster', async () => {
    const cluster = createCluster({ rootNodes: urls.map((url) => ({ url })), defaults: user })
    await cluster.connect()
    await works(cluster, 'a')
    await cluster.close()
  })

  it('suffices for ioredis and iovalkey on a Cluster', async () => {
    const options = { redisOptions: user, clusterRetryStrategy: () => null }
    for (const [id, cluster] of Object.entries({
      b: new Cluster(urls, options),
      c: new ValkeyCluster(urls, options),
    })) {
      await works(cluster, id)
      cluster.disconnect()
    }
  })
})

import { createClient, createCluster } from 'redis'
import { afterAll, describe, expect, it } from 'vitest'
import { findRedisServer, findValkey, startRedis, startRedisCluster, withServer } from '../src/servers'

const runner = { describe, it, afterAll }
const valkey = await findValkey()

withServer(runner, 'a Valkey for tests', await startRedis({ own: true, program: valkey }), (server) => {
  it('is 8.1 or later, and compares a value before it replaces it', async () => {
    const client = await createClient({ url: server.url }).connect()
    expect(await client.info('server')).toMatch(/^valkey_version:(8\.[1-9]|9)/m)
    await client.set('key', 'first')
    expect(await client.sendCommand(['set', 'key', 'second', 'ifeq', 'other'])).toBe(null)
    expect(await client.sendCommand(['set', 'key', 'second', 'ifeq', 'first'])).toBe('OK')
    await client.close()
  })

  it('ends, and starts again', async () => {
    const { pid } = server
    await server.restart()
    expect(server.pid).not.toBe(pid)
    const client = await createClient({ url: server.url }).connect()
    expect(await client.ping()).toBe('PONG')
    await client.close()
  })
})

const mixed = await startRedisCluster({ own: true, programs: [await findRedisServer(), valkey, valkey] })

withServer(runner, 'a Cluster of Redis and Valkey', mixed, (cluster) => {
  it('has its keys on both', async () => {
    const client = await createCluster({ rootNodes: cluster.urls.map((url) => ({ url })) }).connect()
    for (let n = 0; n < 20; n++) await client.set(`key ${n}`, n)
    const sizes = []
    for (const { url } of cluster.nodes) {
      const node = await createClient({ url }).connect()
      sizes.push({ keys: (await node.dbSize()) > 0, valkey: (await node.info('server')).includes('valkey_version') })
      await node.close()
    }
    expect(sizes).toEqual([false, true, true].map((isValkey) => ({ keys: true, valkey: isValkey })))
    await client.close()
  })
})

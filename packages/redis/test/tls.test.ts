import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCertificate, startRedis, startRedisCluster, withServer } from '@sojourn/session-testing/servers'
import { Cluster, Redis } from 'ioredis'
import { Cluster as ValkeyCluster, Redis as ValkeyRedis } from 'iovalkey'
import { createClient, createCluster, createSentinel } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore } from '../src/index'
import { row } from './support/fixture'
import { credentials, secure } from './support/secure-redis'
import { startSentinel } from './support/sentinel'
import { works } from './support/works'

const worksFor = (client: Redis | ValkeyRedis) => works(client).finally(() => client.disconnect())

withServer({ describe, it, afterAll }, 'redisStore over TLS', await createCertificate(), (certificate) => {
  const ca = certificate.cert
  const socket = { tls: true, ca } as const
  const host = '127.0.0.1'

  describe('to a single server', async () => {
    withServer({ describe, it, afterAll }, 'with credentials', await startRedis({ own: true }), (server) => {
      let port: number
      beforeAll(async () => {
        port = await secure(server, certificate)
      })

      it('works with node-redis, ioredis and iovalkey', async () => {
        const client = createClient({ ...credentials, socket: { ...socket, host, port } })
        await client.connect()
        await works(client)
        await client.close()
        await worksFor(new Redis({ ...credentials, host, port, tls: { ca } }))
        await worksFor(new ValkeyRedis({ ...credentials, host, port, tls: { ca } }))
      })

      it('is refused without the certificate, without TLS, and without the password', async () => {
        const never = { maxRetriesPerRequest: 0, retryStrategy: () => null, host, port }
        for (const options of [
          { ...credentials, ...never, tls: {} },
          { ...credentials, ...never },
          { ...never, tls: { ca } },
          { ...credentials, ...never, tls: { ca }, password: 'wrong' },
        ]) {
          const client = new Redis(options).on('error', () => {})
          await expect(redisStore(client).read('a')).rejects.toThrow()
          client.disconnect()
        }
      })
    })
  })

  describe('to a Cluster', async () => {
    withServer({ describe, it, afterAll }, 'with credentials', await startRedisCluster({ own: true }), (cluster) => {
      /** The TLS port of each node, by the address that the Cluster announces. */
      const addresses: Record<string, { host: string; port: number }> = {}
      beforeAll(async () => {
        for (const node of cluster.nodes)
          addresses[`${host}:${node.port}`] = { host, port: await secure(node, certificate) }
      })

      it('works with node-redis, ioredis and iovalkey', async () => {
        const ports = Object.values(addresses)
        const client = createCluster({
          rootNodes: ports.map((address) => ({ socket: { ...socket, ...address } })),
          defaults: { ...credentials, socket },
          nodeAddressMap: addresses,
        })
        await client.connect()
        for (let i = 0; i < 10; i++) await works(client)
        await client.close()
        const redisOptions = { ...credentials, tls: { ca } }
        for (const io of [
          new Cluster(ports, { redisOptions, natMap: addresses }),
          new ValkeyCluster(ports, { redisOptions, natMap: addresses }),
        ]) {
          for (let i = 0; i < 10; i++) await works(io)
          io.disconnect()
        }
      })
    })
  })

  describe('to a master behind a Sentinel', async () => {
    withServer(
      { describe, it, afterAll },
      'with credentials for both',
      await startSentinel(certificate),
      ({ port }) => {
        it('works with node-redis, ioredis and iovalkey', async () => {
          const options = { ...credentials, socket }
          const client = createSentinel({
            name: 'sessions',
            sentinelRootNodes: [{ host, port }],
            sentinelClientOptions: options,
            nodeClientOptions: options,
          })
          await client.connect()
          await works(client)
          await client.close()
          const { username, password } = credentials
          const io = {
            ...{ name: 'sessions', sentinels: [{ host, port }], enableTLSForSentinelMode: true },
            ...{ sentinelUsername: username, sentinelPassword: password, sentinelTLS: { ca } },
            ...{ username, password, tls: { ca } },
          }
          await worksFor(new Redis(io))
          await worksFor(new ValkeyRedis(io))
        })
      },
    )
  })
})

describe('redisStore on a Unix socket and in another database', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sojourn-socket-'))
  const path = join(directory, 'redis.sock')
  afterAll(() => rm(directory, { recursive: true }))
  const server = await startRedis({ own: true, settings: { unixsocket: path } })
  withServer({ describe, it, afterAll }, 'with ioredis and node-redis', server, ({ url }) => {
    it('works, and keeps its keys in that database', async () => {
      await worksFor(new Redis({ path, db: 3 }))
      const client = createClient({ socket: { path, tls: false }, database: 4 })
      await client.connect()
      await works(client)
      await redisStore(client).create(row('kept', { expiresAt: Date.now() + 60_000 }))
      await client.close()
      const admin = new Redis(url)
      const keys = await admin.info('keyspace')
      expect(keys).toContain('db4:')
      expect(keys).not.toContain('db0:')
      await admin.quit()
    })
  })
})

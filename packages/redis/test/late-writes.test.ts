import { createSessionManager, type SessionManagerOptions } from '@sojourn/session-core'
import { CookieJar, fakeCarrier } from '@sojourn/session-testing'
import { type FaultProxy, faultProxy, findValkey, startRedis, withServer } from '@sojourn/session-testing/servers'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore } from '../src/index'
import { drivers, type Opened } from './support/drivers'

const secret = 'a secret for tests, at least 32 bytes long'

/** A `create`, in the protocol of Redis. */
const isCreate = (request: string) => /\r\nset\r\n/i.test(request) && /\r\nnx\r\n/i.test(request)

const servers = {
  Redis: await startRedis({ own: true }),
  'Valkey 8.1': await startRedis({ own: true, program: await findValkey() }),
}

for (const [kind, found] of Object.entries(servers)) {
  withServer({ describe, it, afterAll }, `late writes, ${kind}`, found, (server) => {
    let proxy: FaultProxy
    let prefixes = 0
    beforeAll(async () => {
      proxy = await faultProxy({ target: server })
    })
    afterAll(() => proxy.close())

    for (const [name, open] of Object.entries(drivers)) {
      describe(name, () => {
        let opened: Opened
        beforeAll(async () => {
          opened = await open(proxy.url)
          // A driver reports a reset connection as an event, which must have a listener.
          ;(opened.client as unknown as { on(event: 'error', listener: () => void): void }).on('error', () => {})
        })
        afterAll(() => opened.close())

        function manager(options: Partial<SessionManagerOptions> = {}) {
          const prefix = `${server.namespace}:late:${++prefixes}:`
          const sessions = createSessionManager({
            secret,
            store: redisStore(opened.client, { prefix }),
            ...options,
          } as {
            secret: string
            store: ReturnType<typeof redisStore>
          })
          const request = async (jar: CookieJar, work: 'login' | 'logout' | 'read') => {
            const carrier = fakeCarrier({ cookie: jar })
            const session = await sessions.open(carrier)
            if (work === 'login') await session.login('ada')
            if (work === 'logout') await session.logout()
            await sessions.commit(session)
            jar.take(carrier.setCookies)
            return session.outcome
          }
          return { sessions, request }
        }

        it.each([true, false])(
          'a create that arrives after the logout brings nothing back (reset: %s)',
          async (reset) => {
            for (let round = 0; round < 8; round++) {
              const { sessions, request } = manager()
              const jar = new CookieJar()
              const captured = proxy.capture(isCreate, { reset })
              await request(jar, 'login')
              const copy = jar.copy()
              await request(jar, 'logout')
              await sessions.close()
              await (await captured).deliver()
              expect({ round, outcome: await request(copy, 'read') }).toEqual({ round, outcome: 'unknown' })
              expect(await sessions.list('ada')).toEqual([])
            }
          },
        )
      })
    }

    it('a full Redis (noeviction) refuses logins and goes on logging out', async () => {
      const redis = new Redis(server.url)
      const sessions = createSessionManager({
        secret,
        store: redisStore(redis, { prefix: `${server.namespace}:full:` }),
      })
      const jar = new CookieJar()
      const visit = async (work: 'login' | 'logout') => {
        const carrier = fakeCarrier({ cookie: jar })
        const session = await sessions.open(carrier)
        await session[work]('ada')
        await sessions.commit(session)
        jar.take(carrier.setCookies)
      }
      await visit('login')
      const copy = jar.copy()
      await redis.config('SET', 'maxmemory', '1')
      await visit('logout')
      expect((await sessions.open(fakeCarrier({ cookie: copy }))).outcome).toBe('unknown')
      await expect(visit('login')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
      await redis.config('SET', 'maxmemory', '0')
      await redis.quit()
    })
  })
}

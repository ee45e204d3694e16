import { createSessionManager, type Session } from '@sojourn/session-core'
import { CookieJar, fakeCarrier, fakeClock } from '@sojourn/session-testing'
import {
  type FaultProxy,
  faultProxy,
  findValkey,
  startPostgres,
  startRedis,
  withServer,
} from '@sojourn/session-testing/servers'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type OpenedStore, type OpenStore, postgresDrivers, redisDrivers } from './store-drivers'

const secret = 'a secret for tests, at least 32 bytes long'

/** An update, in the protocols of Redis and Postgres. */
const isUpdate = (request: string) => /\r\n(evalsha|ifeq)\r\n|UPDATE/i.test(request)

/** A store that keeps the promise of its last touch. */
function noteTouch({ store }: OpenedStore) {
  const noted: { store: OpenedStore['store']; touch: Promise<boolean> | undefined } = { store, touch: undefined }
  noted.store = new Proxy(store, {
    get(inner, name) {
      if (name !== 'touch') return Reflect.get(inner, name)
      return (...args: Parameters<typeof inner.touch>) => {
        noted.touch = inner.touch(...args)
        return noted.touch
      }
    },
  })
  return noted
}

const absent = { version: '', payload: '', subjectKeys: [], touchedAt: 0, expiresAt: 0, absoluteExpiresAt: 0 }

/** Redis tells at the first update whether it can compare: that reply matters, too. */
const learnWhatRedisCan = ({ store }: OpenedStore) => store.update({ id: 'none', ...absent }, { id: 'none', ...absent })

function lateWrites(
  drivers: Record<string, OpenStore>,
  server: { host: string; port: number; url: string },
  learn?: (opened: OpenedStore) => Promise<unknown>,
) {
  let places = 0
  describe.each(Object.entries(drivers))('%s', (_, open) => {
    let proxy: FaultProxy
    let far: OpenedStore
    let near: OpenedStore
    const jar = new CookieJar()

    beforeEach(async () => {
      proxy = await faultProxy({ target: server })
      const place = `late${++places}`
      far = await open(proxy.url, place)
      near = await open(server.url, place)
    })
    afterEach(async () => {
      await proxy.mode('pass')
      await Promise.all([far.close(), near.close()])
      await proxy.close()
    })

    it('a touch that arrives after the client was told expired:idle brings nothing back', async () => {
      const clock = fakeClock(Date.now()) // Redis expires keys by its own clock.
      const noted = noteTouch(far)
      const behindProxy = createSessionManager({ secret, store: noted.store, clock, storeTimeout: 0.3 })
      const direct = createSessionManager({ secret, store: near.store, clock })
      const login = fakeCarrier()
      const session = await direct.open(login)
      await session.login('ada')
      await direct.commit(session)
      jar.take(login.setCookies)

      clock.advance(100)
      const late = await behindProxy.open(fakeCarrier({ cookie: jar }))
      await proxy.mode('hang')
      await behindProxy.commit(late)
      await behindProxy.close()
      clock.advance(801)
      expect((await direct.open(fakeCarrier({ cookie: jar }))).outcome).toBe('expired:idle')
      await direct.close()
      await proxy.mode('pass')

      expect(await noted.touch).toBe(false)
      expect((await direct.open(fakeCarrier({ cookie: jar }))).outcome).toBe('unknown')
      expect(await direct.list('ada')).toEqual([])
    })

    it('an update whose reply is lost while another process writes is counted once', async () => {
      const behindProxy = createSessionManager({ secret, store: far.store, storeTimeout: 20 })
      const direct = createSessionManager({ secret, store: near.store, storeTimeout: 20 })
      const begin = fakeCarrier()
      const session = await direct.open(begin)
      await session.login('ada')
      await direct.commit(session)
      jar.take(begin.setCookies)
      const n = async () => (await direct.open(fakeCarrier({ cookie: jar }))).data.n
      const count = (handle: Session) => handle.update('n', (value: unknown) => ((value as number) ?? 0) + 1)

      await count(session) // Redis now knows the script: the first call of a script has a reply that matters.
      await learn?.(far)
      const lost = await behindProxy.open(fakeCarrier({ cookie: jar }))
      const sent = proxy.capture(isUpdate).then(() => proxy.mode('drop-replies'))
      const counted = count(lost)
      await sent
      await vi.waitFor(async () => expect(await n()).toBe(2), 10_000)
      await count(await direct.open(fakeCarrier({ cookie: jar })))
      await proxy.mode('pass')
      await counted
      expect(await n()).toBe(3)
    })
  })
}

withServer({ describe, it, afterAll }, 'late writes in Redis', await startRedis({ own: true }), (server) =>
  lateWrites(redisDrivers, server, learnWhatRedisCan),
)
const valkey = await startRedis({ own: true, program: await findValkey() })
withServer({ describe, it, afterAll }, 'late writes in Valkey 8.1', valkey, (server) =>
  lateWrites(redisDrivers, server, learnWhatRedisCan),
)
withServer({ describe, it, afterAll }, 'late writes in Postgres', await startPostgres({ own: true }), (server) =>
  lateWrites(postgresDrivers, server),
)

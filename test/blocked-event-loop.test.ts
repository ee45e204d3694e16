import { createSessionManager } from '@sojourn/session-core'
import { CookieJar, fakeCarrier } from '@sojourn/session-testing'
import { type FaultProxy, faultProxy, startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OpenedStore, type OpenStore, postgresDrivers, redisDrivers } from './store-drivers'

const secret = 'a secret for tests, at least 32 bytes long'

/** Time limits and how long the event loop is blocked, in seconds. */
const TIMES = [
  { storeTimeout: 0.3, blocked: 1 },
  { storeTimeout: 2, blocked: 2.5 },
]

interface Under {
  drivers: Record<string, OpenStore>
  server: { host: string; port: number; url: string }
  /** How many opens the server answers during the block: a pool sends one for each connection. */
  opens: number
}

function blockedEventLoop({ drivers, server, opens }: Under) {
  describe.each(Object.entries(drivers))('%s', (name, open) => {
    let proxy: FaultProxy
    let opened: OpenedStore
    beforeAll(async () => {
      proxy = await faultProxy({ target: server })
      opened = await open(server.url, `blocked_${name}`)
    })
    afterAll(async () => {
      await opened.close()
      await proxy.close()
    })

    it.each(TIMES)(
      '$storeTimeout s, blocked for $blocked s: no open fails that the server had answered',
      async (times) => {
        const { failed } = await openWhileBlocked(opened, times, opens)
        expect(failed).toBe(0)
      },
    )

    it('every open on a frozen server fails, although the event loop was blocked', async () => {
      const behindProxy = await open(proxy.url, `blocked_${name}`)
      const { failed } = await openWhileBlocked(behindProxy, TIMES[0]!, opens, () => proxy.mode('hang'))
      expect(failed).toBe(opens)
      await proxy.mode('pass')
      await behindProxy.close()
    })
  })
}

const singleClients = Object.fromEntries(Object.entries(redisDrivers).filter(([name]) => !name.includes('pool')))

/** Opens one session many times while the event loop is blocked, and counts the opens that fail. */
async function openWhileBlocked(
  { store }: OpenedStore,
  { storeTimeout, blocked }: (typeof TIMES)[number],
  opens: number,
  freeze = async () => {},
) {
  const patient = createSessionManager({ secret, store, storeTimeout: 20 })
  const login = fakeCarrier()
  const session = await patient.open(login)
  await session.login('ada')
  const jar = new CookieJar()
  await patient.commit(session)
  jar.take(login.setCookies)
  const herd = (sessions: typeof patient) =>
    Array.from({ length: opens }, () => sessions.open(fakeCarrier({ cookie: jar })))
  // A first herd, which opens the connections of a pool.
  await Promise.all(herd(patient))

  await freeze()
  const settled = Promise.allSettled(herd(createSessionManager({ secret, store, storeTimeout })))
  // The commands are sent (node-redis sends at the end of a turn), and no reply is read before the block ends.
  for (let turn = 0; turn < 100; turn++) await undefined
  await new Promise((sent) => setImmediate(sent))
  for (const until = performance.now() + blocked * 1000; performance.now() < until; );
  const outcomes = await settled
  return { failed: outcomes.filter(({ status }) => status === 'rejected').length }
}

withServer({ describe, it, afterAll }, 'a blocked event loop, Redis', await startRedis({ own: true }), (server) => {
  blockedEventLoop({ drivers: singleClients, server, opens: 250 })
})
withServer(
  { describe, it, afterAll },
  'a blocked event loop, Postgres',
  await startPostgres({ own: true }),
  (server) => {
    blockedEventLoop({ drivers: postgresDrivers, server, opens: 10 })
  },
)

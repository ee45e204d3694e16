import { createSessionManager } from '@sojourn/session-core'
import { CookieJar, fakeCarrier } from '@sojourn/session-testing'
import { type FaultProxy, faultProxy, startPostgres, withServer } from '@sojourn/session-testing/servers'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate, postgresStore } from '../src'

const secret = 'a secret for tests, at least 32 bytes long'
const isCreate = (request: string) => request.includes('ON CONFLICT (id) DO NOTHING')

withServer({ describe, it, afterAll }, 'late writes', await startPostgres({ own: true }), (server) => {
  let proxy: FaultProxy
  beforeAll(async () => {
    proxy = await faultProxy({ target: server })
    const pool = new pg.Pool({ connectionString: server.url, max: 1 })
    await migrate(pool)
    await pool.end()
  })
  afterAll(() => proxy.close())

  const settings: Record<string, { pool: pg.PoolConfig; prepare: boolean }> = {
    'default settings': { pool: {}, prepare: false },
    'the settings of the README': { pool: { connectionTimeoutMillis: 5000, query_timeout: 5000 }, prepare: true },
  }

  for (const [name, { pool: config, prepare }] of Object.entries(settings)) {
    it(`a create that arrives after the logout brings nothing back (${name})`, async () => {
      for (let round = 0; round < 8; round++) {
        // A new pool each time, so that the request that is repeated has the statement's text.
        const pool = new pg.Pool({ connectionString: proxy.url, ...config })
        pool.on('error', () => {})
        const sessions = createSessionManager({ secret, store: postgresStore(pool, { prepare }) })
        const jar = new CookieJar()
        const request = async (work: 'login' | 'logout' | 'read', cookie = jar) => {
          const carrier = fakeCarrier({ cookie })
          const session = await sessions.open(carrier)
          if (work === 'login') await session.login('ada')
          if (work === 'logout') await session.logout()
          await sessions.commit(session)
          cookie.take(carrier.setCookies)
          return session.outcome
        }
        const captured = proxy.capture(isCreate, { reset: true })
        await request('login')
        const copy = jar.copy()
        await request('logout')
        await sessions.close()
        await (await captured).deliver()
        expect({ round, outcome: await request('read', copy) }).toEqual({ round, outcome: 'unknown' })
        expect(await sessions.list('ada')).toEqual([])
        await pool.end()
      }
    })
  }
})

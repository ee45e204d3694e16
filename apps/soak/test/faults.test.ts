import { createSessionManager, isSessionError } from '@sojourn/session-core'
import { migrate } from '@sojourn/session-postgres'
import { CookieJar, fakeCarrier } from '@sojourn/session-testing'
import {
  type FaultMode,
  faultProxy,
  type OwnServer,
  startPostgres,
  startRedis,
  withServer,
} from '@sojourn/session-testing/servers'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../src/store'

/** Time limit of one operation's store calls, in seconds. The measured time is printed, not asserted. */
const STORE_TIMEOUT = 0.8

const faults: [string, FaultMode][] = [
  ['refuses connections', 'refuse'],
  ['accepts connections and never replies', 'hang'],
  ['stalls in the middle of a reply', { stallAfter: 3 }],
  ['resets connections in the middle of a reply', { resetAfter: 3 }],
  ['executes requests and loses the replies', 'drop-replies'],
]

/** The result of one request. */
interface Result {
  ok: boolean
  setCookies: string[]
  outcome?: string
  value?: unknown
}

const managerOver = ({ store }: ReturnType<typeof openStore>) =>
  createSessionManager<{ n: number; seen: string[] }>({
    secret: 'a secret for tests, at least 32 bytes long',
    store: store,
    storeTimeout: STORE_TIMEOUT,
  })

class Client {
  readonly jar = new CookieJar()
  slowest = 0

  constructor(private readonly sessions: ReturnType<typeof managerOver>) {}

  /** Runs one request from open to commit. Fails the test for any error but a store failure. */
  async request(verb: 'read' | 'login' | 'count' | 'destroy', jar = this.jar): Promise<Result> {
    const carrier = fakeCarrier({ cookie: jar })
    const started = performance.now()
    let result: Result = { ok: true, setCookies: [] }
    try {
      const session = await this.timed(() => this.sessions.open(carrier))
      result = { ...result, outcome: session.outcome }
      try {
        if (verb === 'login') await this.timed(() => session.login('ada'))
        if (verb === 'count') result.value = await this.timed(() => session.update('n', (n = 0) => n + 1))
        if (verb === 'destroy') await this.timed(() => session.destroy())
        await this.timed(async () => this.sessions.commit(session))
      } catch (error) {
        expect(isSessionError(error, 'ERR_STORE_UNAVAILABLE'), String(error)).toBe(true)
        carrier.statusCode = 503
        await this.sessions.commit(session)
        result.ok = false
      }
    } catch (error) {
      expect(isSessionError(error, 'ERR_STORE_UNAVAILABLE'), `${error} after ${performance.now() - started} ms`).toBe(
        true,
      )
      result.ok = false
    }
    jar.take(carrier.setCookies)
    return { ...result, setCookies: carrier.setCookies }
  }

  private async timed<T>(run: () => Promise<T>): Promise<T> {
    const started = performance.now()
    try {
      return await run()
    } finally {
      this.slowest = Math.max(this.slowest, performance.now() - started)
    }
  }
}

function promises(kind: 'redis' | 'postgres', server: OwnServer): void {
  let proxy: Awaited<ReturnType<typeof faultProxy>>
  let store: ReturnType<typeof openStore>
  let sessions: ReturnType<typeof managerOver>

  beforeAll(async () => {
    proxy = await faultProxy({ target: server })
    store = openStore({ kind, url: proxy.url, namespace: server.namespace })
    sessions = managerOver(store)
  })
  afterAll(async () => {
    await store.close()
    await proxy.close()
  })

  /** Repeats a read until the driver has reconnected. */
  async function healed(client: Client): Promise<Result> {
    for (let i = 0; i < 100; i++) {
      const result = await client.request('read')
      if (result.ok) return result
      await new Promise((again) => setTimeout(again, 50))
    }
    throw new Error('the store did not come back')
  }

  async function loggedIn(): Promise<Client> {
    const client = new Client(sessions)
    expect((await client.request('login')).ok).toBe(true)
    return client
  }

  it.each(faults)('loses no session and no acknowledged write while the server %s', async (name, mode) => {
    const client = await loggedIn()
    let acknowledged = Number((await client.request('count')).value)
    let attempted = acknowledged
    const cookie = client.jar.header
    await proxy.mode(mode)
    for (const verb of ['read', 'login', 'count', 'count'] as const) {
      const result = await client.request(verb, client.jar.copy())
      expect(result.setCookies, `${verb} sent a cookie`).toEqual([])
      expect(result.ok, `${verb} pretended`).toBe(false)
      if (verb === 'count') attempted++
    }
    const stranger = new CookieJar()
    expect(await client.request('login', stranger)).toMatchObject({ ok: false, setCookies: [] })
    await proxy.mode('pass')

    // All sessions are alive, no acknowledged write is lost, and none was applied twice.
    const after = await healed(client)
    expect([after.outcome, client.jar.header]).toEqual(['resumed', cookie])
    const { value } = await client.request('count')
    acknowledged++
    attempted++
    expect(value).toBeGreaterThanOrEqual(acknowledged)
    expect(value).toBeLessThanOrEqual(attempted)
    console.log(
      `${kind} ${name}: slowest operation ${Math.round(client.slowest)} ms of a budget of ${STORE_TIMEOUT * 1000}`,
    )
  })

  it.each(faults)(
    'applies a change at most once, and an acknowledged one exactly once, while the server %s',
    async (_, mode) => {
      const client = await loggedIn()
      // The server fails for the first attempt of each write only. The write may be applied although its reply is lost.
      let tries = 0
      const { update } = store.store
      const faulty: typeof update = async (row, seen) => {
        if (++tries > 1) return update(row, seen)
        await proxy.mode(mode)
        return update(row, seen).finally(() => proxy.mode('pass'))
      }
      const over = managerOver({ ...store, store: { ...store.store, update: faulty } })
      const tags = ['a', 'b', 'c']
      const acknowledged: string[] = []
      for (const tag of tags) {
        tries = 0
        const session = await over.open(fakeCarrier({ cookie: client.jar }))
        try {
          await session.update('seen', (seen = []) => [...seen, tag])
          acknowledged.push(tag)
        } catch (error) {
          expect(isSessionError(error, 'ERR_STORE_UNAVAILABLE'), String(error)).toBe(true)
        }
        await proxy.mode('pass')
        await healed(client)
      }
      const { seen = [] } = (await sessions.open(fakeCarrier({ cookie: client.jar }))).data
      expect(seen).toEqual([...new Set(seen)])
      expect(seen).toEqual(expect.arrayContaining(acknowledged))
      if (mode === 'drop-replies') expect([seen, acknowledged]).toEqual([tags, []])
      if (typeof mode === 'object' && 'resetAfter' in mode) expect([seen, acknowledged]).toEqual([tags, tags])
    },
  )

  it('a destroy that cannot be confirmed fails, clears the cookie, and can be repeated', async () => {
    const client = await loggedIn()
    const thief = client.jar.copy()
    // The store fails after the session was opened.
    const carrier = fakeCarrier({ cookie: client.jar })
    const session = await sessions.open(carrier)
    const { id } = session
    await proxy.mode('hang')
    await expect(session.destroy()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', sessionId: id })
    carrier.statusCode = 503
    await sessions.commit(session)
    expect(carrier.setCookies[0]).toContain('Max-Age=0')
    await proxy.mode('pass')
    await healed(client)
    // It is not known whether the request arrived. Repeating it is safe.
    await sessions.revoke(id)
    expect((await client.request('read', thief)).outcome).toBe('unknown')
  })

  it('loses no acknowledged write if the server is killed under load and restarted', async () => {
    const client = await loggedIn()
    const counters = await Promise.all(Array.from({ length: 20 }, () => loggedIn()))
    const acknowledged = counters.map(() => 0)
    const attempted = counters.map(() => 0)
    let killed: Promise<void> | undefined
    for (let round = 0; round < 12; round++) {
      if (round === 4) killed = server.kill().then(() => server.restart())
      await Promise.all(
        counters.map(async (counter, i) => {
          attempted[i]!++
          const { ok, value, setCookies } = await counter.request('count', counter.jar.copy())
          expect(setCookies).toEqual([])
          if (ok) acknowledged[i] = Math.max(acknowledged[i]!, Number(value))
        }),
      )
    }
    await killed
    await healed(client)
    for (const [i, counter] of counters.entries()) {
      expect((await healed(counter)).outcome).toBe('resumed')
      const value = Number((await counter.request('count')).value)
      expect(value).toBeGreaterThanOrEqual(acknowledged[i]! + 1)
      expect(value).toBeLessThanOrEqual(attempted[i]! + 1)
    }
  })

  it('continues after the server was paused and resumed', async () => {
    const client = await loggedIn()
    await server.pause()
    const frozen = await client.request('read', client.jar.copy())
    await server.resume()
    expect(frozen).toMatchObject({ ok: false, setCookies: [] })
    expect((await healed(client)).outcome).toBe('resumed')
  })

  it.each(['frozen', 'killed'] as const)(
    'leaves no session of four logins that failed while the server was %s',
    async (fault) => {
      const own = managerOver(store)
      const subject = `four ${fault}`
      const login = async () => {
        const session = await own.open(fakeCarrier())
        await session.login(subject)
        return session
      }
      const { id } = await login()
      if (fault === 'frozen') await server.pause()
      else await server.kill()
      const failed = await Promise.allSettled(Array.from({ length: 4 }, login))
      expect(failed.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'rejected'))
      const began = performance.now()
      if (fault === 'frozen') await server.resume()
      else await server.restart()
      await healed(new Client(sessions))
      // For a moment after the server is back, the circuit breaker may still refuse calls.
      const listed = () => own.list(subject).catch(() => undefined)
      while ((await listed())?.length !== 1) await new Promise((again) => setTimeout(again, 50))
      await own.close()
      expect((await own.list(subject)).map((each) => each.id)).toEqual([id])
      console.log(`${kind} ${fault}: cleaned up ${Math.round(performance.now() - began)} ms after the server was back`)
    },
  )

  if (kind !== 'redis') return
  it('works after the script cache was flushed', async () => {
    const client = await loggedIn()
    const admin = new Redis(server.url)
    for (let i = 1; i <= 5; i++) {
      await admin.script('FLUSH')
      expect((await client.request('count')).value).toBe(i)
    }
    admin.disconnect()
  })
}

withServer({ describe, it, afterAll }, 'faults of Redis', await startRedis({ own: true, durable: true }), (server) => {
  promises('redis', server)
})

withServer(
  { describe, it, afterAll },
  'faults of Postgres',
  await startPostgres({ own: true, durable: true }),
  (server) => {
    beforeAll(async () => {
      const pool = new pg.Pool({ connectionString: server.url, max: 1 })
      await migrate(pool, { schema: server.namespace })
      await pool.end()
    })
    promises('postgres', server)
  },
)

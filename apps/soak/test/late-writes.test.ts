import { createSessionManager, isSessionError, type Session, type SessionStore } from '@sojourn/session-core'
import { migrate, postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import { CookieJar, fakeCarrier } from '@sojourn/session-testing'
import {
  type CapturedRequest,
  type FaultProxy,
  faultProxy,
  findValkey,
  startPostgres,
  startRedis,
  withServer,
} from '@sojourn/session-testing/servers'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** Rounds of each campaign. The soak run has more. */
const ROUNDS = (import.meta as { env?: { MODE?: string } }).env?.MODE === 'soak' ? 5000 : 25

const secret = 'a secret for tests, at least 32 bytes long'

/** What happens to the captured command: it arrives after the round, never, or a second time after the round. */
const fates = ['delayed', 'dropped', 'repeated'] as const

type Store = SessionStore & Parameters<typeof createSessionManager>[0]['store']
type Matches = (request: string) => boolean

const evalsha = (request: string, elements: number) => request.includes(`*${elements}\r\n$7\r\nevalsha\r\n`)

/** A deletion says how long it keeps an id out at most. */
const keepsOut = (request: string) => request.includes('\r\n3600000\r\n')

const redisCommands: Record<string, Matches> = {
  create: (request) => /\r\nnx\r\n/.test(request),
  index: (request) => evalsha(request, 7) && request.includes('index:'),
  update: (request) => evalsha(request, 7) && request.includes('session:') && !keepsOut(request),
  touch: (request) => evalsha(request, 6) && request.includes('session:'),
  acquire: (request) => evalsha(request, 6) && request.includes('limit:'),
  delete: (request) => evalsha(request, 7) && request.includes('session:') && keepsOut(request),
}

/** Where the server can compare a row: the other commands are those of every Redis. */
const valkeyCommands: Record<string, Matches> = {
  update: (request) => request.includes('\r\nifeq\r\n'),
}

const postgresCommands: Record<string, Matches> = {
  create: (request) => request.includes('ON CONFLICT (id) DO NOTHING'),
  update: (request) => request.includes('AND version = $8'),
  touch: (request) => request.includes('WITH moved'),
  acquire: (request) => request.includes('ON CONFLICT (subject_key)'),
  delete: (request) => request.includes('payload = NULL') && request.includes('RETURNING 1'),
}

function campaigns(
  commands: Record<string, Matches>,
  open: (url: string) => { store: Store; close(): Promise<unknown> },
) {
  return (server: { url: string; host: string; port: number }) => {
    let proxy: FaultProxy
    let through: ReturnType<typeof open>
    let direct: ReturnType<typeof open>
    beforeAll(async () => {
      proxy = await faultProxy({ target: server })
      through = open(proxy.url)
      direct = open(server.url)
    })
    afterAll(async () => {
      await Promise.all([through.close(), direct.close()])
      await proxy.close()
    })

    for (const [command, matches] of Object.entries(commands)) {
      for (const fate of fates) {
        it(`${command} is ${fate}: ${ROUNDS} rounds revive nothing, count nothing twice and leave no session`, async () => {
          const found = { rounds: 0, captured: 0, revived: 0, countedTwice: 0, ghosts: 0 }
          for (let round = 0; round < ROUNDS; round++) {
            let offset = 0
            const options = { secret, maxPerSubject: 3, clock: () => Date.now() + offset }
            const sessions = createSessionManager<{ n: number }>({ ...options, store: through.store } as never)
            const other = createSessionManager<{ n: number }>({ ...options, store: direct.store } as never)
            const subject = `${command}-${fate}-${round}`
            const jar = new CookieJar()

            /** One request. Resolves to whether the store has confirmed it. */
            const request = async (work: (session: Session<{ n: number }>) => unknown, manager = sessions) => {
              const carrier = fakeCarrier({ cookie: jar })
              try {
                const session = await manager.open(carrier)
                await work(session)
                await manager.commit(session)
                jar.take(carrier.setCookies)
                return true
              } catch (error) {
                if (!isSessionError(error, 'ERR_STORE_UNAVAILABLE')) throw error
                return false
              }
            }
            /** The same request until it is confirmed. Resolves to the number of attempts. */
            const confirmed = async (work: (session: Session<{ n: number }>) => unknown) => {
              let attempts = 1
              while (!(await request(work))) attempts++
              return attempts
            }

            let captured: CapturedRequest | undefined
            const over = new AbortController()
            void proxy.capture(matches, { reset: fate !== 'repeated', signal: over.signal }).then((request) => {
              captured = request
            })
            await confirmed((session) => session.login(subject))
            const attempts = await confirmed((session) => session.update('n', (n = 0) => n + 1))
            await request((session) => session.update('n', (n = 0) => n + 1), other)
            offset = 100_000
            await request(() => {})
            await sessions.close()
            const seen = (await other.open(fakeCarrier({ cookie: jar }))).data.n ?? 0
            const copy = jar.copy()
            await confirmed((session) => session.logout())
            await sessions.close()
            over.abort()
            if (fate !== 'dropped') await captured?.deliver()

            found.rounds++
            if (captured) found.captured++
            if (seen > attempts + 1) found.countedTwice++
            if ((await other.open(fakeCarrier({ cookie: copy }))).outcome === 'resumed') found.revived++
            const { length } = await (other as unknown as { list(of: string): Promise<unknown[]> }).list(subject)
            if (length > 0) found.ghosts++
          }
          console.log(`${command} ${fate}:`, JSON.stringify(found))
          expect(found).toMatchObject({ rounds: ROUNDS, revived: 0, countedTwice: 0, ghosts: 0 })
          expect(found.captured).toBeGreaterThan(0)
        }, 3_600_000)
      }
    }
  }
}

const openRedis = (url: string) => {
  const client = new Redis(url, { retryStrategy: () => 1 })
  client.on('error', () => {})
  return { store: redisStore(client) as Store, close: () => client.quit() }
}

withServer({ describe, it, afterAll }, 'late writes on Redis', await startRedis({ own: true }), (server) => {
  campaigns(redisCommands, openRedis)(server)
})

const valkey = await startRedis({ own: true, program: await findValkey() })
withServer({ describe, it, afterAll }, 'late writes on Valkey 8.1', valkey, (server) => {
  campaigns(valkeyCommands, openRedis)(server)
})

withServer({ describe, it, afterAll }, 'late writes on Postgres', await startPostgres({ own: true }), (server) => {
  beforeAll(async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1 })
    await migrate(pool)
    await pool.end()
  })
  campaigns(postgresCommands, (url) => {
    const pool = new pg.Pool({ connectionString: url, max: 4 })
    pool.on('error', () => {})
    return { store: postgresStore(pool) as Store, close: () => pool.end() }
  })(server)
})

import { createSessionManager, isSessionError, type SessionStore } from '@sojourn/session-core'
import { migrate, postgresStore } from '@sojourn/session-postgres'
import { type RedisClient, redisStore } from '@sojourn/session-redis'
import { CookieJar, fakeCarrier } from '@sojourn/session-testing'
import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import pg from 'pg'
import { createClient } from 'redis'

/** A store over a client with the settings that are measured. */
interface Opened {
  store: SessionStore
  close(): unknown
}

/** Opens a store on the server at this URL. */
type Open = (url: string, namespace: string) => Promise<Opened>

const heard = <Client extends object>(client: Client): Client => {
  ;(client as { on?(event: 'error', listener: () => void): void }).on?.('error', () => {})
  return client
}

const nodeRedis =
  (settings: object): Open =>
  async (url, namespace) => {
    const client = heard(createClient({ url, ...settings }))
    await client.connect()
    return { store: redisStore(client as RedisClient, { prefix: `${namespace}:` }), close: () => client.destroy() }
  }

const ioRedis =
  (Client: typeof Redis | typeof Valkey, settings: object): Open =>
  async (url, namespace) => {
    const client = heard(new (Client as typeof Redis)(url, settings))
    await new Promise((ready) => client.once('ready', ready))
    return { store: redisStore(client, { prefix: `${namespace}:` }), close: () => client.disconnect() }
  }

const postgres =
  (settings: object): Open =>
  async (url, schema) => {
    const pool = heard(new pg.Pool({ connectionString: url, ...settings }))
    await migrate(pool, { schema })
    return { store: postgresStore(pool, { schema, prepare: true }), close: () => pool.end() }
  }

/** Waits before a new connection, in milliseconds: by default the drivers wait up to two seconds, and the store is back. */
const soon = (attempts: number) => Math.min(attempts * 50, 500)

const README_OF_IOREDIS = { enableOfflineQueue: false, commandTimeout: 5000, retryStrategy: soon }

/** Settings of the drivers for Redis: their defaults, and those of the README of @sojourn/session-redis. */
export const redisSettings: Record<string, Open> = {
  'node-redis': nodeRedis({}),
  'node-redis, README': nodeRedis({
    disableOfflineQueue: true,
    commandsQueueMaxLength: 10_000,
    socket: { reconnectStrategy: soon },
  }),
  ioredis: ioRedis(Redis, {}),
  'ioredis, README': ioRedis(Redis, README_OF_IOREDIS),
  iovalkey: ioRedis(Valkey, {}),
  'iovalkey, README': ioRedis(Valkey, README_OF_IOREDIS),
}

/** Settings of pg: its defaults, each limit alone, and those of the README of @sojourn/session-postgres. */
export const postgresSettings: Record<string, Open> = {
  pg: postgres({}),
  'pg, connectionTimeoutMillis': postgres({ connectionTimeoutMillis: 5000 }),
  'pg, query_timeout': postgres({ query_timeout: 5000 }),
  'pg, README': postgres({ connectionTimeoutMillis: 5000, query_timeout: 5000 }),
}

const pause = (ms: number) => new Promise((go) => setTimeout(go, ms))

/** One session on a store, and requests that open it. */
export class Visitor {
  /** How many calls have reached the driver, how many are not settled, and the most there were. */
  sent = 0
  pending = 0
  mostPending = 0
  private readonly jar = new CookieJar()
  private readonly sessions

  private constructor(
    readonly opened: Opened,
    options: object,
  ) {
    const { store } = opened
    const read: SessionStore['read'] = async (id) => {
      this.sent++
      this.mostPending = Math.max(this.mostPending, ++this.pending)
      return store.read(id).finally(() => {
        this.pending--
      })
    }
    this.sessions = createSessionManager({
      secret: 'a secret for campaigns, at least 32 bytes',
      store: { ...store, read },
      ...options,
    })
  }

  /** Logs in. */
  static async on(open: Open, url: string, namespace: string, options: object = {}): Promise<Visitor> {
    const visitor = new Visitor(await open(url, namespace), options)
    const carrier = fakeCarrier()
    const session = await visitor.sessions.open(carrier)
    await session.login('ada')
    await visitor.sessions.commit(session)
    visitor.jar.take(carrier.setCookies)
    return visitor
  }

  /** One request. `refused`: the store was not asked. */
  async request(): Promise<{ result: 'ok' | 'failed' | 'refused'; ms: number }> {
    const began = performance.now()
    const result = await this.sessions.open(fakeCarrier({ cookie: this.jar })).then(
      ({ outcome }) => {
        if (outcome !== 'resumed') throw new Error(`a session was lost: ${outcome}`)
        return 'ok' as const
      },
      (error: unknown) => {
        if (!isSessionError(error, 'ERR_STORE_UNAVAILABLE')) throw error
        return /not sent/.test(String(error.cause)) ? ('refused' as const) : ('failed' as const)
      },
    )
    return { result, ms: performance.now() - began }
  }

  async close(): Promise<void> {
    await this.sessions.close()
    await this.opened.close()
  }
}

/** Sends `rate` requests a second until `over` has resolved. Resolves to their results in the order in which they were sent. */
export async function load(visitor: Visitor, rate: number, over: Promise<unknown>) {
  const requests: ReturnType<Visitor['request']>[] = []
  let isOver = false
  over.then(() => {
    isOver = true
  })
  const began = performance.now()
  while (!isOver) {
    const due = ((performance.now() - began) / 1000) * rate
    while (requests.length < due) requests.push(visitor.request())
    await pause(5)
  }
  return Promise.all(requests)
}

/** Sends requests, one every five milliseconds, until one is answered. Resolves to how long that took, in milliseconds. */
export async function untilAnswered(visitor: Visitor): Promise<number> {
  const began = performance.now()
  return new Promise((resolve) => {
    const timer = setInterval(async () => {
      if ((await visitor.request()).result !== 'ok') return
      clearInterval(timer)
      resolve(performance.now() - began)
    }, 5)
  })
}

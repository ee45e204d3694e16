import { once } from 'node:events'
import { createRequire } from 'node:module'
import { context, trace } from '@opentelemetry/api'
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis'
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg'
import { RedisInstrumentation } from '@opentelemetry/instrumentation-redis'
import { createSessionManager, type SessionStore } from '@sojourn/session-core'
import { migrate, postgresStore } from '@sojourn/session-postgres'
import { type RedisClient, redisStore } from '@sojourn/session-redis'
import { CookieJar, fakeCarrier } from '@sojourn/session-testing'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Telemetry } from './support/telemetry'

// The instrumentations patch what is loaded after them, so the drivers are not imported: pg, and those of the store for Redis.
const require = createRequire(import.meta.url)
const requireOfRedis = createRequire(new URL('../../redis/package.json', import.meta.url))
const telemetry = new Telemetry()
const instrumentations = [new RedisInstrumentation(), new IORedisInstrumentation(), new PgInstrumentation()]
for (const instrumentation of instrumentations) instrumentation.setTracerProvider(telemetry.tracerProvider)
afterAll(async () => {
  for (const instrumentation of instrumentations) instrumentation.disable()
  await telemetry.close()
})

/** A login and a later request that changes data, each below a span of its own. */
async function visits(store: SessionStore): Promise<string[]> {
  const sessions = createSessionManager({
    secret: 'a secret for tests, at least 32 bytes long',
    store,
    cookie: { marker: false },
  })
  const jar = new CookieJar()
  telemetry.forgetSpans()
  for (const path of ['login', 'buy']) {
    const span = trace.getTracer('test').startSpan(path)
    await context.with(trace.setSpan(context.active(), span), async () => {
      const carrier = fakeCarrier({ cookie: jar })
      const session = await sessions.open(carrier)
      if (path === 'login') await session.login('ada')
      else session.data.cart = ['tea']
      await sessions.commit(session)
      jar.take(carrier.setCookies)
    })
    span.end()
  }
  await sessions.close()
  return [...new Set(telemetry.paths)]
}

interface Opened {
  client: RedisClient
  close(): unknown
}

async function openNodeRedis(name: string, url: string): Promise<Opened> {
  const { createClient } = requireOfRedis(name) as typeof import('redis')
  const client = await createClient({ url }).connect()
  return { client, close: () => client.close() }
}

async function openIoredis(name: string, url: string): Promise<Opened> {
  const { Redis } = requireOfRedis(name) as typeof import('ioredis')
  const client = new Redis(url)
  return { client, close: () => client.quit() }
}

withServer({ describe, it, afterAll }, 'over Redis', await startRedis(), ({ url, namespace }) => {
  afterAll(async () => {
    const { createClient } = requireOfRedis('redis') as typeof import('redis')
    const client = await createClient({ url }).connect()
    for await (const keys of client.scanIterator({ MATCH: `${namespace}:*` }))
      if (keys.length > 0) await client.del(keys)
    client.destroy()
  })

  it.each([
    ['redis', openNodeRedis, 'redis-'],
    ['redis5', openNodeRedis, 'redis-'],
    ['ioredis', openIoredis, ''],
    ['ioredis5', openIoredis, ''],
  ] as const)(
    'spans of %s are below the store call, and that below what the session did',
    async (name, open, prefix) => {
      const { client, close } = await open(name, url)
      const paths = await visits(redisStore(client, { prefix: `${namespace}:${name}:` }))
      await close()
      expect(paths.filter((path) => !path.startsWith('login') && !path.startsWith('buy'))).toEqual([])
      expect(paths).toEqual(
        expect.arrayContaining([
          `login > session login > session store create > ${prefix}set`,
          `buy > session open > session store read > ${prefix}get`,
          `buy > session commit > session store update > ${prefix}evalsha`,
        ]),
      )
    },
  )
})

withServer({ describe, it, afterAll }, 'over pg', await startPostgres(), ({ url, namespace }) => {
  const { Pool } = require('pg') as typeof import('pg')
  const pool = new Pool({ connectionString: url, max: 2 })
  const tables = { schema: namespace }
  beforeAll(async () => {
    await pool.query(`CREATE SCHEMA IF NOT EXISTS "${namespace}"`)
    await migrate(pool, tables)
  })
  afterAll(async () => {
    await pool.query(`DROP SCHEMA IF EXISTS "${namespace}" CASCADE`)
    await Promise.all([once(pool, 'remove'), pool.end()])
  })

  it("pg's own spans are below the store call, and that below what the session did", async () => {
    const paths = (await visits(postgresStore(pool, tables))).map((path) => path.replace(/(pg\.query:\w+).*/, '$1'))
    expect(paths).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^login > session login > session store create > .*pg\.query:/),
        expect.stringMatching(/^buy > session open > session store read > .*pg\.query:SELECT/),
        expect.stringMatching(/^buy > session commit > session store update > .*pg\.query:/),
      ]),
    )
    expect(paths.filter((path) => path.startsWith('pg'))).toEqual([])
  })
})

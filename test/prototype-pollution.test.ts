import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import { connectSid, importFrom, keygripCookie } from '@sojourn/session-compat/import'
import { sojournStore } from '@sojourn/session-connect'
import {
  createSessionManager,
  type MemoryStore,
  memoryRevocations,
  memoryStore,
  type Session,
  type StoredSession,
} from '@sojourn/session-core'
import { fastifySession } from '@sojourn/session-fastify'
import { webSession } from '@sojourn/session-http/web'
import { postgresRevocations, postgresStore } from '@sojourn/session-postgres'
import { type RedisClient, redisRevocations, redisStore } from '@sojourn/session-redis'
import { CookieJar, fakeCarrier, fakeClock, parseSetCookie, seededRandom } from '@sojourn/session-testing'
import { startRedis, withServer } from '@sojourn/session-testing/servers'
import { afterAll, describe, expect, it } from 'vitest'
import { memberNames, pollutionsSeen } from '../packages/core/test/helpers/pollution'

const requireFrom = (name: string, module: string) =>
  createRequire(new URL(`../packages/${name}/package.json`, import.meta.url))(module)
const namesIn = (name: string) => memberNames(new URL(`../packages/${name}/src/`, import.meta.url))

const now = Date.now()
const row = (id: string, version: string): StoredSession => ({
  id,
  version,
  payload: `payload of ${id}`,
  subjectKeys: ['ada'],
  touchedAt: now,
  expiresAt: now + 3_600_000,
  absoluteExpiresAt: now + 86_400_000,
})

/** Keeps what a server replied, and replies the same again without the server: the driver is not part of the test. */
function recorded<Args extends unknown[]>(send: (...args: Args) => Promise<unknown>) {
  const replies = new Map<string, (() => unknown)[]>()
  return {
    async record(...args: Args) {
      const [reply] = await Promise.allSettled([send(...args)])
      const answer = () => {
        if (reply!.status === 'rejected') throw reply!.reason
        return reply!.value
      }
      const key = JSON.stringify(args)
      replies.set(key, [...(replies.get(key) ?? []), answer])
      return answer()
    },
    replay() {
      const left = new Map([...replies].map(([key, answers]) => [key, [...answers]]))
      return async (...args: Args): Promise<unknown> => {
        const answer = left.get(JSON.stringify(args))?.shift()
        if (!answer) throw new Error(`not a call of the recording: ${JSON.stringify(args).slice(0, 200)}`)
        return answer()
      }
    },
  }
}

/** Every method of a store, and what it yields. */
async function storeStory(store: ReturnType<typeof redisStore>, revocations: ReturnType<typeof redisRevocations>) {
  const [first, second] = [row('a', 'v1'), row('b', 'v1')]
  return [
    await store.create(first),
    await store.create(first),
    await store.create(second),
    await store.read('a'),
    await store.update({ ...first, version: 'v2', payload: 'changed' }, first),
    await store.update({ ...first, version: 'v3' }, first),
    await store.touch('a', now + 1, now + 3_600_001),
    await store.listBySubject('ada', { limit: 10 }),
    await store.acquire('ada', 'a', now + 3_600_000),
    await store.holders('ada'),
    await store.release('ada', 'a'),
    await store.delete('b', 60_000),
    await store.deleteBySubject('ada', { limit: 10 }),
    await store.read('a'),
    await revocations.revoke('id:a', { notBefore: now, expiresAt: now + 3_600_000 }),
    await revocations.read(['id:a', 'id:b']),
  ]
}

withServer({ describe, it, afterAll }, 'redisStore', await startRedis(), ({ url, namespace }) => {
  it('reads no option, no member of its client and no internal member from a polluted Object.prototype', async () => {
    const { Redis } = requireFrom('redis', 'ioredis')
    const redis = new Redis(url)
    const prefix = `${namespace}:polluted:`
    const tell = (client: unknown) =>
      storeStory(redisStore(client as RedisClient, { prefix }), redisRevocations(client as RedisClient, { prefix }))
    const bytesMethods = Object.getOwnPropertyNames(Object.getPrototypeOf(Redis.prototype)).filter((name) =>
      name.endsWith('Buffer'),
    )
    const { record, replay } = recorded((method: string, ...args: unknown[]) => redis[method](...args))
    const ioredis = (send: ReturnType<typeof replay>) => ({
      call: (name: string, args: unknown[]) => send('call', name, ...args),
      ...Object.fromEntries(bytesMethods.map((method) => [method, (...args: unknown[]) => send(method, ...args)])),
    })
    await tell(ioredis(record))
    await redis.quit()

    const nodeRedis = (send: ReturnType<typeof replay>) => ({
      isOpen: true,
      sendCommand: ([name, ...args]: string[], { typeMapping }: { typeMapping: object }) =>
        Object.keys(typeMapping).length > 0 ? send(`${name}Buffer`, ...args) : send('call', name!, ...args),
    })
    const shapes = [() => ioredis(replay()), () => nodeRedis(replay())]
    for (const shape of shapes) {
      expect(await pollutionsSeen(namesIn('redis'), () => tell(shape()))).toEqual([])
    }
  })
})

describe('postgresStore', () => {
  it('reads no option and no internal member from a polluted Object.prototype', async () => {
    const columns = {
      id: 'a',
      version: 'v1',
      payload: 'text',
      subject_keys: ['ada'],
      holders: ['a'],
      before: ['b'],
      deleted: 1,
      remaining: 0,
      key: 'id:a',
    }
    const instants = { touched_at: now, expires_at: now, absolute_expires_at: now, not_before: now, except_since: 0 }
    const tell = async () => {
      const seen: unknown[] = []
      const query = async (...statement: unknown[]) => {
        seen.push(statement)
        return { rows: [{ ...columns, ...instants, except_id: null }] }
      }
      const story = await storeStory(postgresStore({ query }, {}), postgresRevocations({ query }))
      return [...seen, ...story]
    }
    expect(await pollutionsSeen(namesIn('postgres'), tell)).toEqual([])
  })
})

/** A manager without anything that differs from run to run. */
const manager = () => {
  const clock = fakeClock()
  return createSessionManager({
    secret: 'a secret for tests, at least 32 bytes long',
    store: memoryStore({ clock }),
    clock,
    random: seededRandom(1),
  })
}

describe('importFrom', () => {
  const until = new Date(now + 86_400_000)
  const subject = (data: { user?: unknown }) => data.user
  const mac = (algorithm: string, text: string) => createHmac(algorithm, 'old key').update(text).digest('base64')
  /** The cookies of koa-session: without an end of its own, as cookie-session makes them too. */
  const sealed = (session: object) => {
    const value = Buffer.from(JSON.stringify(session)).toString('base64')
    const signature = mac('sha1', `koa.sess=${value}`).replace(/\//g, '_').replace(/\+/g, '-').replace(/=/g, '')
    return `koa.sess=${value}; koa.sess.sig=${signature}`
  }
  const stored = (sid: string) =>
    `connect.sid=${encodeURIComponent(`s:${sid}.${mac('sha256', sid).replace(/=/g, '')}`)}`

  const sources = {
    keygripCookie: () => ({
      source: keygripCookie({ name: 'koa.sess', keys: 'old key', algorithm: 'sha1', subject, until }),
      cookies: [{ user: 'ada' }, { user: 'ada', n: 1 }, { n: 1 }].map(sealed),
    }),
    connectSid: () => {
      const cookie = { originalMaxAge: null, expires: null }
      const rows = new Map<string, object>([
        ['first', { cookie, user: 'ada' }],
        ['second', { user: 'ada' }],
        ['anonymous', { cookie }],
      ])
      const read = async (sid: string) => (rows.has(sid) ? { session: { ...rows.get(sid) } } : undefined)
      const end = async (sid: string) => void rows.delete(sid)
      return {
        source: connectSid({ secrets: 'old key', rows: { read, end }, subject, until }),
        cookies: [...rows.keys()].map(stored),
        left: () => [...rows.keys()],
      }
    },
  }

  /** The first cookie is imported twice and logged out, and then the others come. */
  const story = (kind: keyof typeof sources, storage: () => object) => async () => {
    const { source, cookies, left } = { left: undefined, ...sources[kind]() }
    const clock = fakeClock(now)
    const events: string[] = []
    const sessions = createSessionManager({
      secret: 'a secret for tests, at least 32 bytes long',
      ...(storage() as { store: MemoryStore }),
      imports: importFrom(source),
      clock,
      onEvent: ({ type }) => void events.push(type),
    })
    const seen: unknown[] = []
    const visit = async (cookie: string, handler?: (session: Session) => Promise<unknown>) => {
      const carrier = fakeCarrier({ cookie, secure: true })
      const session = await sessions.open(carrier)
      await handler?.(session)
      await sessions.commit(session)
      seen.push([session.outcome, session.subject ?? null, shapesOf(carrier.setCookies)])
      return carrier.setCookies.map((line) => line.split(';')[0]).join('; ')
    }
    const ours = await visit(cookies[0]!)
    await visit(cookies[0]!)
    await visit(ours)
    await visit(ours, (session) => session.logout())
    for (const cookie of cookies) await visit(cookie)
    return [...seen, events, left?.()]
  }

  const storages = {
    'a store': () => ({ store: memoryStore() }),
    revocations: () => ({ revocations: memoryRevocations() }),
  }
  it.each([
    ['connectSid', 'a store'],
    ['keygripCookie', 'a store'],
    ['keygripCookie', 'revocations'],
  ] as const)(
    '%s with %s › reads no internal member and no old data from a polluted Object.prototype',
    async (kind, storage) => {
      const names = [...namesIn('compat'), 'user', 'expiresAt', 'expires', 'originalMaxAge', 'cookie']
      expect(await pollutionsSeen(names, story(kind, storages[storage]))).toEqual([])
    },
  )
})

describe('sojournStore', () => {
  it('reads no internal member, no old data and no member of a cookie from a polluted Object.prototype', async () => {
    const library = requireFrom('connect', 'express-session')
    const story = async () => {
      const clock = fakeClock(now)
      const events: string[] = []
      const old = new Map<string, object>([
        ['old', { cookie: {}, user: 'ada' }],
        ['unread', { cookie: {}, user: 'ada' }],
        ['anonymous', { cookie: {} }],
      ])
      const store = sojournStore(library, {
        secret: 'a secret for tests, at least 32 bytes long',
        store: memoryStore({ clock }),
        subject: (data: { user?: unknown }) => data.user,
        readLegacy: {
          read: async (sid) => (old.has(sid) ? { session: { ...old.get(sid) } } : undefined),
          end: async (sid) => void old.delete(sid),
        },
        clock,
        onEvent: ({ type }) => void events.push(type),
      })
      const call = <T>(run: (done: (error: unknown, value?: T) => void) => void) =>
        new Promise((resolve) => run((error, value) => resolve(error ? `${error}` : (value ?? null))))
      const get = (sid: string) => call((done) => store.get(sid, done as never))
      const set = (sid: string, session: object) => call((done) => store.set(sid, session as never, done))
      const seen = [
        await set('new', { cookie: {}, user: 'ada', n: 1 }),
        await get('new'),
        await set('visitor', { cookie: {}, n: 1 }),
        await get('visitor'),
        await get('old'),
        await get('anonymous'),
        await call((done) => store.touch('new', { cookie: {}, user: 'ada' } as never, done as never)),
        (await store.list('ada')).length,
        await call((done) => store.destroy('new', done)),
        await get('new'),
        await store.revokeAll('ada'),
        await get('old'),
        await get('unread'),
        await get('visitor'),
      ]
      return [...seen, events, [...old.keys()]]
    }
    const names = [...namesIn('connect'), 'user', 'expiresAt', 'expires', 'originalMaxAge', 'cookie']
    expect(await pollutionsSeen(names, story)).toEqual([])
  })
})

/** Set-Cookie lines without the values. */
const shapesOf = (lines: readonly string[]) =>
  lines.map((line) => {
    const { name, value, attributes } = parseSetCookie(line)
    return [name, value.length > 0, [...attributes]]
  })

describe('fastifySession', () => {
  // Not its internal members: Fastify itself reads many of those names from Object.prototype.
  it('reads no option from a polluted Object.prototype', async () => {
    const fastify = requireFrom('fastify', 'fastify')
    const story = async () => {
      const app = fastify()
      await app.register(fastifySession, { sessions: manager() })
      app.get('/', async (request: { session: { data: Record<string, unknown> } }) => {
        request.session.data.n = Number(request.session.data.n ?? 0) + 1
        return { n: request.session.data.n }
      })
      const jar = new CookieJar()
      const seen: unknown[] = []
      for (let visit = 0; visit < 2; visit++) {
        const headers = jar.header === undefined ? {} : { cookie: jar.header }
        const response = await app.inject({ url: '/', method: 'GET', headers })
        const lines = [response.headers['set-cookie'] ?? []].flat() as string[]
        jar.take(lines)
        seen.push([response.statusCode, response.body, shapesOf(lines)])
      }
      await app.close()
      return seen
    }
    expect(await pollutionsSeen(['property', 'skip', 'maxHeldBytes', 'originalUrl'], story)).toEqual([])
  })
})

describe('webSession', () => {
  it('reads no option and no internal member from a polluted Object.prototype', async () => {
    const answer = (n: unknown) => new Response(`${n}`, { status: 200, headers: { 'content-type': 'text/plain' } })
    const story = (withSession: boolean) => async () => {
      const sessions = manager()
      const jar = new CookieJar()
      const seen: unknown[] = []
      for (let visit = 0; visit < 2; visit++) {
        const headers = jar.header === undefined ? {} : { cookie: jar.header }
        const request = new Request('https://app.example/', { headers })
        const response = withSession
          ? await webSession(sessions, request, (session) => {
              session.data.n = Number(session.data.n ?? 0) + 1
              return answer(session.data.n)
            })
          : new Response(answer(0).body, answer(0))
        jar.take(response.headers.getSetCookie())
        seen.push([response.status, await response.text(), shapesOf(response.headers.getSetCookie())])
      }
      return seen
    }
    expect(await pollutionsSeen(namesIn('http'), story(true), story(false))).toEqual([])
  })
})

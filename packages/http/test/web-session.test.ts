import { readFileSync } from 'node:fs'
import {
  createSessionManager,
  memoryStore,
  type SessionManagerOptions,
  type SessionOptions,
} from '@sojourn/session-core'
import { CookieJar, flakyStore } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { webSession } from '../src/web'
import { deferred } from './hold/held-server'

const ALWAYS = Number.POSITIVE_INFINITY

function world(options: Partial<SessionOptions> = {}) {
  const store = flakyStore(memoryStore())
  const secret = 'a secret of more than thirty-two bytes'
  const sessions = createSessionManager({
    secret,
    store,
    cookie: { marker: false },
    ...options,
  } as SessionManagerOptions)
  const jar = new CookieJar()
  return {
    store,
    sessions,
    jar,
    request: (url = 'https://app.example/', init: RequestInit = {}) =>
      new Request(url, { ...init, headers: jar.header === undefined ? {} : { cookie: jar.header } }),
    take(response: Response) {
      jar.take(response.headers.getSetCookie())
      return response
    },
  }
}

describe('webSession', () => {
  it('returns the handler’s own response if it gets no header of ours', async () => {
    const { sessions, request } = world()
    const response = new Response('hello')
    expect(await webSession(sessions, request(), () => response)).toBe(response)
    const broken = Response.error()
    const login = async (session: { login(subject: string): Promise<void> }) => {
      await session.login('ann')
      return broken
    }
    expect(await webSession(sessions, request(), login)).toBe(broken)
  })

  it('adds the cookie to a copy of the response, beside other cookies', async () => {
    const { sessions, request, take } = world()
    const shared = new Response(null, { status: 204, headers: { 'set-cookie': 'a=1', 'cache-control': 'public' } })
    shared.headers.append('set-cookie', 'b=2, 3')
    for (const response of [shared, Response.redirect('https://app.example/next', 302)]) {
      const answered = await webSession(sessions, request(), async (session) => {
        await session.login('ann')
        return response
      })
      expect(answered).not.toBe(response)
      expect(response.headers.getSetCookie()).toEqual(response === shared ? ['a=1', 'b=2, 3'] : [])
      expect([answered.status, answered.headers.get('location')]).toEqual([
        response.status,
        response.headers.get('location'),
      ])
      expect(answered.headers.getSetCookie().slice(0, -1)).toEqual(response.headers.getSetCookie())
      expect(answered.headers.getSetCookie().at(-1)).toMatch(/^__Host-session=/)
      expect([answered.headers.get('cache-control'), answered.headers.get('vary')]).toEqual(['no-store', 'Cookie'])
      take(answered)
    }
    expect(await webSession(sessions, request(), ({ subject }) => new Response(subject))).toMatchObject({ status: 200 })
  })

  it('does not buffer a body that streams; in it, changes that need a cookie reject', async () => {
    const { sessions, request, take } = world()
    take(
      await webSession(sessions, request(), async (session) => {
        await session.login('ann')
        return new Response()
      }),
    )
    const go = deferred()
    const response = await webSession(sessions, request(), (session) => {
      const body = new ReadableStream({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode('begun '))
          await go.promise
          session.data.n = 1
          await session.save()
          await session.login('bob').catch((error) => controller.enqueue(new TextEncoder().encode(error.code)))
          controller.close()
        },
      })
      session.data.before = true
      return new Response(body)
    })
    go.resolve()
    expect(await response.text()).toBe('begun ERR_SESSION_HEADERS_SENT')
    const shown = await webSession(sessions, request(), ({ data }) => Response.json(data))
    expect(await shown.json()).toEqual({ before: true, n: 1 })
  })

  it('throws what the handler throws, and commits nothing', async () => {
    const { sessions, request, store } = world()
    store.next('create', 'throw', ALWAYS)
    const failing = webSession(sessions, request(), (session) => {
      session.data.n = 1
      throw new RangeError('thrown by the handler')
    })
    await expect(failing).rejects.toThrow(RangeError)
  })

  it('sends a pending cookie with the response of onError', async () => {
    const { sessions, request, take, jar } = world()
    const onError = (error: unknown) => new Response(String(error), { status: 500 })
    const failed = await webSession(
      sessions,
      request(),
      async (session) => {
        await session.login('ann')
        session.data.n = 1
        throw new Error('thrown by the handler')
      },
      { onError },
    )
    expect([failed.status, await failed.text()]).toEqual([500, 'Error: thrown by the handler'])
    expect(failed.headers.getSetCookie()).toHaveLength(1)
    take(failed)
    expect(jar.names).toEqual(['__Host-session'])
    const shown = await webSession(sessions, request(), ({ data, subject }) => Response.json([subject, data]))
    expect(await shown.json()).toEqual(['ann', {}])
  })

  it('sends no cookie if the store fails, at open or at commit', async () => {
    const { sessions, request, store, take } = world()
    const change = (session: { data: Record<string, unknown> }) => {
      session.data.n = 1
      return new Response('promised', { headers: { 'set-cookie': 'a=1' } })
    }
    const onError = (error: unknown) => new Response(null, { status: (error as { statusCode: number }).statusCode })
    store.next('create', 'throw', ALWAYS)
    await expect(webSession(sessions, request(), change)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    const refused = await webSession(sessions, request(), change, { onError })
    expect([refused.status, refused.headers.getSetCookie()]).toEqual([503, []])
    const elsewhere = Response.redirect('https://app.example/sorry', 302)
    const sorry = await webSession(sessions, request(), change, { onError: () => elsewhere })
    expect([sorry.status, sorry.headers.get('vary'), elsewhere.headers.get('vary')]).toEqual([302, 'Cookie', null])
    store.heal()
    take(await webSession(sessions, request(), change))
    store.next('read', 'throw', ALWAYS)
    await expect(webSession(sessions, request(), change)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    const closed = await webSession(sessions, request(), change, { onError })
    expect([closed.status, closed.headers.getSetCookie()]).toEqual([503, []])
  })

  it('cancels the body of a response that it does not send', async () => {
    const { sessions, request, store } = world()
    store.next('create', 'throw', ALWAYS)
    const cancelled = deferred<string>()
    const body = new ReadableStream({ cancel: () => cancelled.resolve('cancelled') })
    const unread = webSession(sessions, request(), (session) => {
      session.data.n = 1
      return new Response(body)
    })
    await expect(unread).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    expect(await cancelled.promise).toBe('cancelled')
    const taken = new Response('it is being read')
    taken.body!.getReader()
    const read = webSession(sessions, request(), (session) => {
      session.data.n = 1
      return taken
    })
    await expect(read).rejects.toThrow()
  })

  it('discards changes if the client has gone', async () => {
    const { sessions, request } = world()
    const gone = new AbortController()
    const response = await webSession(sessions, request(undefined, { signal: gone.signal }), (session) => {
      session.data.n = 1
      gone.abort()
      return new Response()
    })
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it('takes https from the URL or the options, and the address from the options', async () => {
    for (const [url, options, secure, ip] of [
      ['https://app.example/a?b=1', {}, true, undefined],
      ['http://app.example/a?b=1', {}, false, undefined],
      ['http://app.example/a?b=1', { secure: true, ip: '203.0.113.7' }, true, '203.0.113.7'],
    ] as const) {
      const { sessions, request } = world()
      const seen: unknown[] = []
      const watched: typeof sessions = {
        ...sessions,
        open(carrier, req) {
          seen.push(carrier.method, carrier.url, carrier.secure, carrier.ip)
          return sessions.open(carrier, req)
        },
      }
      await webSession(watched, request(url), () => new Response(), options)
      expect(seen).toEqual(['GET', '/a?b=1', secure, ip])
    }
  })
})

it('the entry ./web imports nothing from Node', () => {
  const seen = new Set<string>()
  const follow = (file: string) => {
    if (seen.has(file)) return
    seen.add(file)
    const source = readFileSync(new URL(`../src/${file}.ts`, import.meta.url), 'utf8')
    expect(source).not.toMatch(/\b(Buffer|process|global)\b|node:/)
    for (const [, type, from] of source.matchAll(/^(?:import|export)( type)? .*from '(.*)'$/gm)) {
      if (from!.startsWith('./')) follow(from!.slice(2))
      // What is shared with core is built into this package. Core imports nothing from Node.
      else if (!from!.startsWith('#')) expect([type, from]).toEqual([' type', '@sojourn/session-core'])
    }
  }
  follow('web')
  expect(seen).toContain('web-carrier')
})

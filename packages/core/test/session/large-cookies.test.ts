import { randomBytes } from 'node:crypto'
import type { BindTrait } from '@sojourn/session-core'
import { CookieJar, type FakeCarrierOptions, fakeCarrier } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { Browser, world } from '../helpers/browser'

const random = (length: number) =>
  Array.from({ length }, (_, i) => 'abcdefghijklmnopqrstuvwxyz0123456789'[(i * i * 7 + i) % 36]).join('')

describe('chunked cookie', () => {
  it('splits a long value into chunks of 4096 bytes, name included, and joins them again', async () => {
    const user = world({ cookieStorage: true }).browser()
    const big = random(6000)
    const { carrier } = await user.visit((session) => {
      session.data.big = big
    })
    expect(user.jar.names).toEqual(['__Host-session', '__Host-session.2', '__Host-session.3'])
    for (const line of carrier.setCookies.slice(0, 2)) expect(line.split(';')[0]!.length - 1).toBe(4096)
    expect((await user.visit()).session.data.big).toBe(big)
  })

  it('clears unused chunks when the session shrinks and when it ends', async () => {
    const user = world({ cookieStorage: true }).browser()
    const grow = () =>
      user.visit((session) => {
        session.data.big = random(6000)
      })
    await grow()
    await user.visit((session) => {
      delete session.data.big
    })
    expect(user.jar.names).toEqual(['__Host-session'])
    await grow()
    await user.visit((session) => session.destroy())
    expect(user.jar.names).toEqual([])
  })

  it('clears the chunks of an earlier configuration with more chunks, or with cookie mode', async () => {
    const large = world({ cookieStorage: true, cookie: { chunks: 9 } })
    for (const since of [world({ cookieStorage: true, cookie: { chunks: 1 } }), world()]) {
      const user = large.browser()
      await user.visit((session) => {
        session.data.big = random(25_000)
      })
      expect(user.jar.names).toHaveLength(9)
      await new Browser(since.sessions, user.jar).visit((session) => session.login('ada'))
      expect(user.jar.names).toEqual(['__Host-session'])
    }
  })

  it('does not open with a missing, exchanged, duplicate or left-over chunk', async () => {
    const { sessions, browser } = world({ cookieStorage: true })
    const [one, two] = [browser(), browser()]
    for (const [i, user] of [one, two].entries()) {
      await user.visit((session) => {
        session.data.big = random(6000) + i
      })
    }
    const outcomeOf = async (cookie: string) => (await sessions.open(fakeCarrier({ cookie }))).outcome
    const header = one.jar.header!
    const foreign = two.jar.get('__Host-session.2')!
    const chunk = one.jar.get('__Host-session.2')!
    expect(await outcomeOf(header)).toBe('resumed')
    expect(await outcomeOf(header.replace(chunk, foreign))).toBe('rejected')
    expect(await outcomeOf(`${header}; __Host-session.2=${foreign}`)).toBe('rejected')
    expect(await outcomeOf(header.replace(/; __Host-session\.3=[^;]*/, ''))).toBe('rejected')
    for (const count of ['2', '4', '9', '1', '03', 'x']) {
      expect(await outcomeOf(header.replace('__Host-session=3~', `__Host-session=${count}~`))).not.toBe('resumed')
    }
    // The same bytes split elsewhere: only the canonical split is accepted.
    const shifted = new CookieJar(header)
    shifted.set('__Host-session', one.jar.get('__Host-session')!.slice(0, -1))
    shifted.set('__Host-session.2', one.jar.get('__Host-session')!.slice(-1) + chunk)
    expect(await outcomeOf(shifted.header!)).toBe('rejected')
    await two.visit((session) => {
      delete session.data.big
    })
    const small = two.jar.header!
    expect(await outcomeOf(`${small}; __Host-session.2=${foreign}`)).toBe('resumed')
  })

  it('a session beyond the limit gives ERR_SESSION_TOO_LARGE before anything is sent, and the old session stays', async () => {
    for (const chunks of [1, 2, 3, 9]) {
      const { browser, sessions } = world({ cookieStorage: true, cookie: { chunks } })
      const user = browser()
      await user.visit((session) => {
        session.data.ok = true
      })
      const carrier = fakeCarrier({ cookie: user.jar })
      const session = await sessions.open(carrier)
      session.data.big = random(chunks * 4096)
      await expect(Promise.resolve(sessions.commit(session))).rejects.toMatchObject({
        code: 'ERR_SESSION_TOO_LARGE',
        statusCode: 500,
        message: expect.stringContaining('or pass a store: createSessionManager({ store })'),
      })
      carrier.statusCode = 500
      sessions.commit(session)
      expect(carrier.setCookies).toEqual([])
      expect((await user.visit()).session.data).toEqual({ ok: true })
    }
  })

  it('is compressed only with the option compress', async () => {
    const text = 'all work and no play '.repeat(400)
    for (const [compress, cookies] of [
      [true, 1],
      [false, 3],
    ] as const) {
      const user = world({ cookieStorage: true, compress }).browser()
      await user.visit((session) => {
        session.data.text = text
      })
      expect(user.jar.names).toHaveLength(cookies)
      expect((await user.visit()).session.data.text).toBe(text)
    }
  })
})

describe('compressed session', () => {
  it('opens after compress is switched off, and uncompressed ones open after it is switched on', async () => {
    const [on, off] = [true, false].map((compress) => world({ cookieStorage: true, compress }).sessions)
    const text = 'all work and no play '.repeat(400)
    const user = new Browser(on!)
    await user.visit((session) => {
      session.data.text = text
    })
    const later = new Browser(off!, user.jar)
    expect((await later.visit()).session.data).toEqual({ text })
    await later.visit((session) => {
      session.data.more = true
    })
    expect(user.jar.names).toHaveLength(3)
    expect((await user.visit()).session.data).toEqual({ text, more: true })
  })

  it('data below a kilobyte, or that would not become shorter, is not compressed', async () => {
    for (const text of ['x'.repeat(700), randomBytes(2000).toString('base64')]) {
      const lengths: number[] = []
      for (const compress of [true, false]) {
        const user = world({ cookieStorage: true, compress, cookie: { chunks: 9 } }).browser()
        await user.visit((session) => {
          session.data.text = text
        })
        lengths.push(user.jar.header!.length)
      }
      expect(lengths[0]).toBe(lengths[1])
    }
  })

  it('data beyond the inflate limit gives ERR_SESSION_TOO_LARGE, and the old session stays', async () => {
    const user = world({ cookieStorage: true, compress: true }).browser()
    await user.visit((session) => {
      session.data.text = 'x'.repeat(60_000)
    })
    const grow = user.visit((session) => {
      session.data.more = 'é'.repeat(10_000)
    })
    await expect(grow).rejects.toMatchObject({ code: 'ERR_SESSION_TOO_LARGE' })
    expect(Object.keys((await user.visit()).session.data)).toEqual(['text'])
  })
})

describe('session bound to its client', () => {
  const traits = [
    ['ip', { ip: '10.0.0.1' }, { ip: '10.0.0.2' }],
    ['scheme', { secure: true }, { secure: false }],
    ['user-agent', { headers: { 'user-agent': 'a' } }, { headers: { 'user-agent': 'b' } }],
  ] as const

  it.each(traits)('by %s opens only for the same client', async (trait, mine, other) => {
    for (const cookieStorage of [true, false]) {
      const { browser } = world({ bind: [trait], cookieStorage })
      const user = browser()
      await user.visit((session) => session.login('ada'), mine)
      expect((await user.copy().visit(() => {}, mine)).session.outcome).toBe('resumed')
      const { session, sentCookie } = await user.copy().visit(() => {}, other)
      expect([session.outcome, session.subject, sentCookie]).toEqual(['mismatch', undefined, false])
    }
  })

  it('does not open for a client that differs in one of several traits', async () => {
    const user = world({ bind: ['ip', 'user-agent', 'scheme'] }).browser()
    const mine = { ip: '10.0.0.1', secure: true, headers: { 'user-agent': '1 a' } }
    await user.visit((session) => session.login('ada'), mine)
    expect((await user.visit(() => {}, mine)).session.outcome).toBe('resumed')
    const others: FakeCarrierOptions[] = [
      { ip: '10.0.0.2' },
      { secure: false },
      { headers: { 'user-agent': '1 b' } },
      // The same characters in total, distributed differently over the traits.
      { ip: '10.0.0.', headers: { 'user-agent': '11 a' } },
      { ip: undefined },
      { headers: {} },
    ]
    for (const other of others) {
      expect((await user.visit(() => {}, { ...mine, ...other })).session.outcome).toBe('mismatch')
    }
  })

  it('a login to another application keeps the binding, unless that application sets its own', async () => {
    const shop = world({ audience: 'shop', bind: ['ip'] })
    const blog = (bind: BindTrait[]) => world({ memory: shop.memory, audience: 'blog', bind }).sessions
    const user = shop.browser()
    await user.visit((session) => session.login('ada'), { ip: '10.0.0.1' })
    const outcomeFrom = async (ip: string) => (await user.visit(() => {}, { ip })).session.outcome
    await new Browser(blog([]), user.jar).visit((session) => session.login('ada'), { ip: '10.0.0.1' })
    expect([await outcomeFrom('10.0.0.1'), await outcomeFrom('10.0.0.2')]).toEqual(['resumed', 'mismatch'])
    await new Browser(blog(['scheme']), user.jar).visit((session) => session.login('ada'), { ip: '10.0.0.1' })
    expect(await outcomeFrom('10.0.0.2')).toBe('resumed')
    await user.visit((session) => session.login('ada'), { ip: '10.0.0.3' })
    expect(await outcomeFrom('10.0.0.2')).toBe('mismatch')
  })

  it('a login without bind removes the binding', async () => {
    const bound = world({ bind: ['ip'] })
    const user = bound.browser()
    await user.visit((session) => session.login('ada'), { ip: '10.0.0.1' })
    await new Browser(world({ memory: bound.memory }).sessions, user.jar).visit((session) => session.login('ada'), {
      ip: '10.0.0.1',
    })
    expect((await user.visit(() => {}, { ip: '10.0.0.2' })).session.outcome).toBe('resumed')
  })

  it('a later configuration without bind does not remove the binding', async () => {
    const bound = world({ bind: ['ip'] })
    const free = world({ memory: bound.memory })
    const user = bound.browser()
    await user.visit((session) => session.login('ada'), { ip: '10.0.0.1' })
    const other = free.browser()
    other.jar.set('__Host-session', user.jar.get('__Host-session')!)
    expect((await other.visit(() => {}, { ip: '10.0.0.2' })).session.outcome).toBe('mismatch')
    expect((await other.visit(() => {}, { ip: '10.0.0.1' })).session.outcome).toBe('resumed')
  })
})

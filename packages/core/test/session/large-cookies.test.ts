import { randomBytes } from 'node:crypto'
import type { BindTrait } from '@sojourn/session-core'
import { CookieJar, type FakeCarrierOptions, fakeCarrier } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { Browser, world } from '../helpers/browser'

const random = (length: number) =>
  Array.from({ length }, (_, i) => 'abcdefghijklmnopqrstuvwxyz0123456789'[(i * i * 7 + i) % 36]).join('')

describe('a sealed session too long for one cookie', () => {
  it('is cut into chunks of 4096 bytes each, name and value, and put together again', async () => {
    const user = world({ cookieStorage: true }).browser()
    const big = random(6000)
    const { carrier } = await user.visit((session) => {
      session.data.big = big
    })
    expect(user.jar.names).toEqual(['__Host-session', '__Host-session.2', '__Host-session.3'])
    for (const line of carrier.setCookies.slice(0, 2)) expect(line.split(';')[0]!.length - 1).toBe(4096)
    expect((await user.visit()).session.data.big).toBe(big)
  })

  it('cleans up when it shrinks, and when it ends', async () => {
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

  it('leaves no chunk behind when fewer are allowed since, or none because there is a store now', async () => {
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

  it('does not open with a chunk missing, exchanged, doubled or left over', async () => {
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
    // The same bytes cut elsewhere are another spelling, and there is only one.
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

  it('is a typed error past the limit, before anything is sent, and the old session stays', async () => {
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
      })
      carrier.statusCode = 500
      sessions.commit(session)
      expect(carrier.setCookies).toEqual([])
      expect((await user.visit()).session.data).toEqual({ ok: true })
    }
  })

  it('takes less room when it is compressed, and only when that is asked for', async () => {
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

describe('a compressed session', () => {
  it('opens when compressing is switched off, and one from before when it is switched on', async () => {
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

  it('is left as it is below a kilobyte, and where it would not become shorter', async () => {
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

  it('is no larger than what will be inflated again: past that it does not fit, and the old one stays', async () => {
    const user = world({ cookieStorage: true, compress: true }).browser()
    await user.visit((session) => {
      session.data.text = 'x'.repeat(900_000)
    })
    const grow = user.visit((session) => {
      session.data.more = 'é'.repeat(100_000)
    })
    await expect(grow).rejects.toMatchObject({ code: 'ERR_SESSION_TOO_LARGE' })
    expect(Object.keys((await user.visit()).session.data)).toEqual(['text'])
  })
})

describe('a session bound to its client', () => {
  const traits = [
    ['ip', { ip: '10.0.0.1' }, { ip: '10.0.0.2' }],
    ['scheme', { secure: true }, { secure: false }],
    ['user-agent', { headers: { 'user-agent': 'a' } }, { headers: { 'user-agent': 'b' } }],
  ] as const

  it.each(traits)('by %s opens for that one alone', async (trait, mine, other) => {
    for (const cookieStorage of [true, false]) {
      const { browser } = world({ bind: [trait], cookieStorage })
      const user = browser()
      await user.visit((session) => session.login('ada'), mine)
      expect((await user.copy().visit(() => {}, mine)).session.outcome).toBe('resumed')
      const { session, sentCookie } = await user.copy().visit(() => {}, other)
      expect([session.outcome, session.subject, sentCookie]).toEqual(['mismatch', undefined, false])
    }
  })

  it('opens for nobody who differs in any of several traits', async () => {
    const user = world({ bind: ['ip', 'user-agent', 'scheme'] }).browser()
    const mine = { ip: '10.0.0.1', secure: true, headers: { 'user-agent': '1 a' } }
    await user.visit((session) => session.login('ada'), mine)
    expect((await user.visit(() => {}, mine)).session.outcome).toBe('resumed')
    const others: FakeCarrierOptions[] = [
      { ip: '10.0.0.2' },
      { secure: false },
      { headers: { 'user-agent': '1 b' } },
      // The same characters in all, only not in the same traits.
      { ip: '10.0.0.', headers: { 'user-agent': '11 a' } },
      { ip: undefined },
      { headers: {} },
    ]
    for (const other of others) {
      expect((await user.visit(() => {}, { ...mine, ...other })).session.outcome).toBe('mismatch')
    }
  })

  it('stays bound when somebody logs in to another application, unless that one binds it anew', async () => {
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

  it('is bound to nothing any more by a login without bind', async () => {
    const bound = world({ bind: ['ip'] })
    const user = bound.browser()
    await user.visit((session) => session.login('ada'), { ip: '10.0.0.1' })
    await new Browser(world({ memory: bound.memory }).sessions, user.jar).visit((session) => session.login('ada'), {
      ip: '10.0.0.1',
    })
    expect((await user.visit(() => {}, { ip: '10.0.0.2' })).session.outcome).toBe('resumed')
  })

  it('is not affected by what is configured later: the session remembers', async () => {
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

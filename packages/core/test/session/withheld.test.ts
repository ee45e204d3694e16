import { memoryRevocations, memoryStore } from '@sojourn/session-core'
import { parseSetCookie } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { type Browser, modes, SECRET, world } from '../helpers/browser'
import { refusal } from '../helpers/refusal'

const NAME = '__Host-session'
const MARKER = '__Host-session-at'
const LINK = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
const FORM = { method: 'POST', headers: LINK }

/** What the browser sends where it withholds Strict cookies: the marker alone. */
const withoutStrict = (user: Browser): Browser => {
  const link = user.copy()
  for (const name of link.jar.names) if (name !== MARKER) link.jar.delete(name)
  return link
}

describe.each(modes)('a withheld cookie in $mode', ({ make: makeWorld }) => {
  const make: typeof makeWorld = (options = {}) => makeWorld({ marker: true, ...options })

  it('a link from another site begins no session in place of the withheld one', async () => {
    const { browser, events } = make()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    for (const headers of [LINK, {}] as Record<string, string>[]) {
      const link = withoutStrict(user)
      const { session, carrier } = await link.visit(
        (anonymous) => {
          anonymous.data.landing = '/offer'
        },
        { headers },
      )
      expect([session.outcome, session.subject, carrier.setCookies]).toEqual(['withheld', undefined, []])
    }
    expect((await user.visit()).session.subject).toBe('ada')
    const seen = events.filter(({ type }) => type === 'withheld' || type === 'change-dropped')
    expect(seen.slice(0, 2)).toMatchObject([
      { type: 'withheld' },
      { type: 'change-dropped', id: undefined, keys: ['landing'], reason: 'withheld' },
    ])
  })

  it('a form on another site begins no session, with and without a marker, also for lax cookies', async () => {
    for (const sameSite of ['strict', 'lax', 'default'] as const) {
      const { browser } = make({ cookie: { sameSite } })
      const { session, carrier } = await browser().visit((mine) => {
        mine.data.n = 1
      }, FORM)
      expect([session.outcome, carrier.setCookies]).toEqual(['withheld', []])
    }
    const { browser } = make({ cookie: { sameSite: 'none' } })
    const { session } = await browser().visit(() => {}, FORM)
    expect(session.outcome).toBe('none')
  })

  it('a first visitor who comes by a link keeps what the landing page stored', async () => {
    const user = make().browser()
    const { session } = await user.visit(
      (mine) => {
        mine.data.token = 'a CSRF token'
      },
      { headers: LINK },
    )
    expect(session.outcome).toBe('none')
    expect((await user.visit()).session.data).toEqual({ token: 'a CSRF token' })
  })

  it('only login, logout and destroy work on a withheld session', async () => {
    const user = make().browser()
    await user.visit((session) => session.login('ada'))
    const link = withoutStrict(user)
    await link.visit(async (session) => {
      session.data.n = 1
      const refused = { code: 'ERR_SESSION_WITHHELD', statusCode: 403 }
      await expect(session.save()).rejects.toMatchObject(refused)
      await expect(session.update('n', () => 1)).rejects.toMatchObject(refused)
      await expect(session.touch()).rejects.toMatchObject(refused)
      await expect(session.regenerate()).rejects.toMatchObject(refused)
      expect(session.remaining.idle).toBe(900)
    })
    await link.visit((session) => session.login('bob'))
    expect((await link.visit()).session.subject).toBe('bob')
    const other = withoutStrict(user)
    await other.visit((session) => session.logout())
    expect(other.jar.names).toEqual([])
  })

  it('the marker goes beside a strict cookie alone, and is not trusted', async () => {
    const user = make().browser()
    const { carrier } = await user.visit((session) => session.login('ada'))
    expect(user.jar.names).toEqual([NAME, MARKER])
    const { value, attributes } = parseSetCookie(carrier.setCookies[1]!)
    expect([value, Object.fromEntries(attributes)]).toEqual([
      '1',
      { path: '/', httponly: '', secure: '', samesite: 'Lax' },
    ])
    // It is there already, so it is not set again.
    expect((await user.visit((session) => session.regenerate())).carrier.setCookies).toHaveLength(1)
    await user.visit((session) => session.logout())
    expect(user.jar.names).toEqual([])
    for (const cookie of [{ sameSite: 'lax' }, { marker: false }] as const) {
      const plain = make({ cookie }).browser()
      await plain.visit((session) => session.login('ada'))
      expect(plain.jar.names).toEqual([NAME])
    }
  })

  it('a marker that is left over does not keep a visitor of our own site out', async () => {
    const user = make().browser()
    user.jar.set(MARKER, '1')
    const { session } = await user.visit(
      (mine) => {
        mine.data.n = 1
      },
      { headers: { 'sec-fetch-site': 'same-origin' } },
    )
    expect(session.outcome).toBe('none')
    expect((await user.visit()).session.data).toEqual({ n: 1 })
  })

  it('a persistent cookie has a marker that lives as long', async () => {
    const user = make({ cookie: { persistent: true } }).browser()
    const { carrier } = await user.visit((session) => session.login('ada'))
    const ages = carrier.setCookies.map((line) => parseSetCookie(line).attributes.get('max-age'))
    expect(ages).toEqual(['3600', '3600'])
  })
})

describe('describe() on requests from other sites', () => {
  it.each([
    ['strict', /login at another site.*`state` is not there.*cookie\.sameSite to 'lax'.*POST.*landing page/],
    ['lax', /redirect or a link brings the cookie.*POST.*landing page/],
    ['default', /redirect or a link brings the cookie.*POST.*landing page/],
    ['none', /every request from another site brings the cookie.*CSRF/i],
  ] as const)('says what sameSite %s means for a login at another site', (sameSite, what) => {
    expect(world({ cookie: { sameSite } }).sessions.describe().crossSite).toMatch(what)
  })
})

describe.each([
  { mode: 'a store', shared: () => ({ memory: memoryStore() }) },
  { mode: 'the cookie', shared: () => ({ cookieStorage: true, revocations: memoryRevocations() }) },
])('the marker beside remember-me in $mode', ({ shared }) => {
  const ageOf = (lines: string[], name: string) =>
    lines.filter((line) => line.startsWith(`${name}=`)).map((line) => parseSetCookie(line).attributes.get('max-age'))

  it('lives as long as remember-me, and goes with it', async () => {
    const user = world({ ...shared(), remember: true, marker: true }).browser()
    const { carrier } = await user.visit((session) => session.login('ada', { remember: true }))
    expect(ageOf(carrier.setCookies, MARKER)).toEqual(['604800'])
    expect(ageOf((await user.visit((session) => session.regenerate())).carrier.setCookies, MARKER)).toEqual(['604800'])
    const kept = user.copy()
    kept.jar.delete(NAME)
    expect((await kept.visit()).session.outcome).toBe('restored')
    // Without remember-me the marker goes with the browser again, as the session cookie does.
    const plain = await kept.visit((session) => session.login('ada'))
    expect(ageOf(plain.carrier.setCookies, MARKER)).toEqual([undefined])
    await kept.visit((session) => session.logout())
    expect(kept.jar.names).toEqual([])
  })

  it('a link that brings the marker alone restores nothing and logs no user out', async () => {
    const user = world({ ...shared(), remember: true, marker: true }).browser()
    await user.visit((session) => session.login('ada', { remember: true }))
    expect((await withoutStrict(user).visit()).session.outcome).toBe('withheld')
    user.jar.delete(NAME)
    expect((await user.visit()).session.outcome).toBe('restored')
  })
})

describe('cookie.marker', () => {
  it('is refused where it means nothing, and its name for remember-me', () => {
    expect(refusal({ secret: SECRET, cookie: { sameSite: 'lax', marker: true } }).option).toBe('cookie.marker')
    expect(refusal({ secret: SECRET, cookie: { marker: 'yes' } }).option).toBe('cookie.marker')
    expect(refusal({ secret: SECRET, remember: { name: MARKER } }).option).toBe('remember.name')
  })
})

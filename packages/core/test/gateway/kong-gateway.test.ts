import {
  createSessionManager,
  memoryRevocations,
  memoryStore,
  type Session,
  type SessionManager,
  type SubjectSessions,
} from '@sojourn/session-core'
import { forwardedHeaders, logoutTriggers, sessionHeaders } from '@sojourn/session-core/gateway'
import { type KongSessionConf, kongSession } from '@sojourn/session-core/kong'
import { restySession } from '@sojourn/session-core/resty'
import { fakeClock, seededRandom } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { type AnyData, Browser } from '../helpers/browser'

const ALL = ['id', 'audience', 'subject', 'timeout', 'idling-timeout', 'rolling-timeout', 'absolute-timeout'] as const

/** What stands before an upstream with one configuration, as Kong with its Session plugin does. */
function gateway(conf: KongSessionConf, { revocable = true } = {}) {
  const clock = fakeClock()
  const atHand = { store: memoryStore({ clock }), ...(revocable ? { revocations: memoryRevocations() } : {}) }
  const secret = 'a secret for tests, long enough for anyone'
  const { options, logout, headers } = kongSession({ secret, ...conf }, { clock, random: seededRandom(1), ...atHand })
  const sessions = createSessionManager<AnyData>(options) as SessionManager<AnyData> & SubjectSessions
  const isLogout = logoutTriggers(logout)
  const browser = new Browser(sessions)
  const call = (method: string, url: string) =>
    browser.visit(
      async (session) => {
        if (isLogout({ method, url })) await session.logout()
        else if (url === '/auth') await session.login('ada')
      },
      { method, url },
    )
  return { clock, sessions, browser, headers, call }
}

describe.each(['kong', 'cookie'] as const)('a gateway with Kong Manager’s configuration and storage %s', (storage) => {
  it('logs in, recognises later calls, and logs out', async () => {
    const { browser, call } = gateway({ storage })
    expect((await call('GET', '/workspaces')).session.subject).toBeUndefined()
    await call('GET', '/auth')
    expect((await call('GET', '/workspaces')).session.subject).toBe('ada')
    expect((await call('GET', '/auth?session_logout=true')).session.subject).toBe('ada')
    const copy = browser.copy()
    const { carrier } = await call('DELETE', '/auth?session_logout=true')
    expect(carrier.setCookies[0]).toContain('Max-Age=0')
    expect(browser.jar.names).toEqual([])
    expect(['unknown', 'revoked']).toContain(await copy.outcome())
  })

  it('clears the cookie at a logout without a session', async () => {
    const { call } = gateway({ storage })
    expect((await call('DELETE', '/auth?session_logout')).carrier.setCookies).toHaveLength(1)
  })

  it('ends all sessions of an admin whose password changes', async () => {
    const { clock, browser, call, sessions } = gateway({ storage })
    await call('GET', '/auth')
    clock.advance(1)
    await sessions.revokeAll('ada')
    expect(['unknown', 'revoked']).toContain(await browser.outcome())
  })
})

describe('a gateway with storage kong', () => {
  it('accepts a renewed token for stale_ttl after the renewal, also if its response was lost', async () => {
    const { browser, call, clock } = gateway({ storage: 'kong' })
    await call('GET', '/auth')
    for (const seconds of [900, 900, 900]) {
      clock.advance(seconds)
      await browser.visit()
    }
    clock.advance(1)
    const lost = browser.copy()
    await browser.visit()
    clock.advance(10)
    expect(await lost.outcome()).toBe('stale')
    clock.advance(1)
    expect(await lost.outcome()).toBe('reused')
  })
})

describe('a gateway with storage cookie and no revocations', () => {
  it('cannot end a copied cookie, and describe() says so', async () => {
    const { browser, call, sessions } = gateway({ storage: 'cookie' }, { revocable: false })
    await call('GET', '/auth')
    const copy = browser.copy()
    await call('DELETE', '/auth?session_logout=true')
    expect(await copy.outcome()).toBe('resumed')
    expect(sessions.describe().afterLogout).toContain('live on')
  })
})

describe('Session-* headers', () => {
  async function loggedIn(conf: KongSessionConf = {}) {
    const all = gateway(conf)
    await all.call('GET', '/auth')
    all.clock.advance(50)
    return { ...all, session: (await all.browser.visit()).session as Session<never> }
  }

  it('carry the configured facts and the remaining seconds', async () => {
    const { headers, session } = await loggedIn({ request_headers: [...ALL], response_headers: ['subject'] })
    expect(sessionHeaders(session, headers.request)).toEqual({
      'session-id': session.id,
      'session-audience': 'default',
      'session-subject': 'ada',
      'session-timeout': '850',
      'session-idling-timeout': '850',
      'session-rolling-timeout': '3550',
      'session-absolute-timeout': '86350',
    })
    expect(sessionHeaders(session, headers.response)).toEqual({ 'session-subject': 'ada' })
    const rolling = await loggedIn({ rolling_timeout: 100 })
    expect(sessionHeaders(rolling.session, ['timeout', 'idling-timeout'])).toEqual({
      'session-timeout': '50',
      'session-idling-timeout': '850',
    })
  })

  it('carry the time left after the response: a touch or a renewal that is due counts as done', async () => {
    const { browser, call, clock } = gateway({ storage: 'kong' })
    await call('GET', '/auth')
    const visit = async (statusCode = 200) => {
      let headers = {}
      const tell = (session: Session<AnyData>) => {
        headers = sessionHeaders(session as Session<never>, ['timeout', 'idling-timeout', 'rolling-timeout'])
      }
      await browser.visit(tell, { statusCode })
      return Object.values(headers)
    }
    clock.advance(60)
    expect(await visit()).toEqual(['840', '840', '3540'])
    clock.advance(780)
    expect(await visit()).toEqual(['900', '900', '2760'])
    for (const seconds of [800, 800, 261]) {
      expect(await visit()).toHaveLength(3)
      clock.advance(seconds)
    }
    // A response with status 500 renews nothing, but notes the activity in the store.
    expect(await visit(500)).toEqual(['899', '900', '899'])
    expect(await visit()).toEqual(['900', '900', '3600'])
  })

  it('are absent for a clock that is off, for an anonymous subject, and without a session', async () => {
    const { session } = await loggedIn({ idling_timeout: 0, rolling_timeout: 0, absolute_timeout: 0 })
    expect(Object.keys(sessionHeaders(session, ALL))).toEqual(['session-id', 'session-audience', 'session-subject'])
    const anonymous = gateway({})
    await anonymous.browser.visit((mine) => {
      mine.data.cart = 1
    })
    const known = (await anonymous.browser.visit()).session as Session<never>
    expect(sessionHeaders(known, ALL)).not.toHaveProperty('session-subject')
    const stranger = (await gateway({}).browser.visit()).session as Session<never>
    expect(sessionHeaders(stranger, ALL)).toEqual({})
  })

  it('of a client are not forwarded, with or without a session', async () => {
    const { headers, session } = await loggedIn({ request_headers: ['subject'] })
    const claimed = { 'Session-Subject': 'root', 'session-ID': 'x', 'session-timeout': ['1', '2'], accept: '*/*' }
    expect(forwardedHeaders(claimed, { session, names: headers.request })).toEqual({
      accept: '*/*',
      'session-subject': 'ada',
    })
    expect(forwardedHeaders(claimed, {})).toEqual({ accept: '*/*' })
  })

  it('leave the names and values of all other headers alone', () => {
    const others = { Accept: '*/*', 'x-many': ['1', '2'], 'X-Empty': '', Session: 'mine', 'session-idle': '1' }
    const forwarded = forwardedHeaders({ ...others, Cookie: undefined, 'x-none': undefined }, { hide: ['session'] })
    expect(Object.entries(forwarded)).toEqual(Object.entries(others))
    const many = { Cookie: ['session=1; a=1', 'session.2=2', 'b=2'], COOKIE: 'session=1' }
    expect(forwardedHeaders(many, { hide: ['session'] })).toEqual({ Cookie: 'a=1; b=2' })
  })

  it('of a client are not forwarded with underscores, which CGI reads as hyphens', () => {
    const claimed = { Session_Subject: 'root', 'session_idling-timeout': '1', Session_ID: 'x', session_cookie: 'mine' }
    expect(forwardedHeaders(claimed, {})).toEqual({ session_cookie: 'mine' })
  })

  it('of a client are not forwarded with any other separator: PHP reads dots as underscores', () => {
    for (const between of "!#$%&'*+-.^_`|~") {
      const claimed = { [`Session${between}Subject`]: 'root', [`session-idling${between}timeout`]: '1' }
      expect(forwardedHeaders({ ...claimed, sessionsubject: '1', session0subject: '2' }, {}), between).toEqual({
        sessionsubject: '1',
        session0subject: '2',
      })
    }
  })

  it('carry any subject that can log in', async () => {
    const { browser } = gateway({})
    await browser.visit((session) => session.login('é\ud800\r\n%'))
    const session = (await browser.visit()).session as Session<never>
    expect(sessionHeaders(session, ['subject'])).toEqual({ 'session-subject': '%C3%A9%EF%BF%BD%0D%0A%25' })
  })
})

describe('the Cookie header for an upstream', () => {
  it('has no cookie and no chunk of the gateway’s own sessions with the names of restySession', () => {
    const { cookieNames } = restySession({ secret: 'x', remember: true })
    const cookie = 'session=1; session2=2; session9=9; theme=dark; session10=mine; remember=4; remember3=5'
    expect(forwardedHeaders({ cookie }, { hide: cookieNames })).toEqual({ cookie: 'theme=dark; session10=mine' })
  })

  it('has no session cookie and no chunk, and keeps all other cookies', async () => {
    const { browser } = gateway({ storage: 'cookie', remember: true })
    await browser.visit(async (session) => {
      session.data.big = 'x'.repeat(6000)
      await session.login('ada', { remember: true })
    })
    expect(browser.jar.names).toEqual(['session', 'session.2', 'session.3', 'remember'])
    const hide = ['session', 'remember']
    const cookie = `theme=dark; ${browser.jar.header}; session2=mine; lang=en`
    expect(forwardedHeaders({ cookie }, { hide })).toEqual({ cookie: 'theme=dark; session2=mine; lang=en' })
    expect(forwardedHeaders({ cookie: browser.jar.header }, { hide })).toEqual({})
  })
})

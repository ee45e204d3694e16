import { createServer, type RequestListener, type Server } from 'node:http'
import { createSessionManager, memoryStore, type Session, type SessionManagerOptions } from '@sojourn/session-core'
import { CookieJar, type FakeClock, fakeClock, serveOnLoopback } from '@sojourn/session-testing'
import { expect, onTestFinished } from 'vitest'

export interface Shop {
  cart: string[]
}

export type Action = 'login' | 'change' | 'read' | 'logout'

/** What an action answers: the session after it. */
export interface Seen {
  subject: string | null
  cart: string[]
}

/** A manager with a store, whose clock the test moves. */
export function shop(options: Partial<SessionManagerOptions> = {}) {
  const clock = fakeClock()
  const sessions = createSessionManager<Shop>({
    secret: 'a secret of more than thirty-two bytes',
    store: memoryStore({ clock }),
    clock,
    timeouts: { idle: 0, rolling: 3600, absolute: 86_400 },
    ...options,
  } as SessionManagerOptions)
  return { sessions, clock }
}

/** Does an action with a session, as a handler would. */
export async function act(session: Session<Shop>, action: string): Promise<Seen> {
  if (action === 'login') await session.login('ada')
  if (action === 'change') session.data.cart = [...(session.data.cart ?? []), 'tea']
  if (action === 'logout') await session.logout()
  return { subject: session.subject ?? null, cart: session.data.cart ?? [] }
}

/** Serves until the test ends. */
export async function serve(listener: RequestListener | Server): Promise<string> {
  const { url, close } = await serveOnLoopback(typeof listener === 'function' ? createServer(listener) : listener)
  onTestFinished(close)
  return url
}

/** A browser at a site that has the actions as paths: `POST /change`, `GET /read`. */
export const browser = (url: string) => async (action: Action, jar: CookieJar) => {
  const method = action === 'read' ? 'GET' : 'POST'
  const response = await fetch(`${url}/${action}`, { method, headers: jar.header ? { cookie: jar.header } : {} })
  jar.take(response.headers.getSetCookie())
  expect(response.status, action).toBe(200)
  return (await response.json()) as Seen
}

/** The session cookies that a response sets; not the markers beside them. */
export const sessionCookies = ({ headers }: Response): string[] =>
  headers.getSetCookie().filter((line) => !/^[^=]+-at=/.test(line))

export const ADA: Seen = { subject: 'ada', cart: ['tea'] }
export const NONE: Seen = { subject: null, cart: [] }

/** Logs in and changes the session. Returns the browser's cookies. */
export async function logIn(visit: (action: Action, jar: CookieJar) => Promise<Seen>): Promise<CookieJar> {
  const jar = new CookieJar()
  expect(await visit('login', jar)).toEqual({ subject: 'ada', cart: [] })
  expect(await visit('change', jar)).toEqual(ADA)
  return jar
}

/** Makes the token due for renewal, reads, and expects a new token for the same session. */
export async function renew(
  clock: FakeClock,
  jar: CookieJar,
  visit: (action: Action, jar: CookieJar) => Promise<Seen>,
): Promise<void> {
  const before = jar.header
  clock.advance(3500)
  expect(await visit('read', jar)).toEqual(ADA)
  expect(jar.header).not.toBe(before)
}

/** What every package is tested with: log in, change, renew, log out, and read after that, also with the old cookie. */
export async function journey(
  clock: FakeClock,
  visit: (action: Action, jar: CookieJar) => Promise<Seen>,
): Promise<void> {
  const jar = await logIn(visit)
  await renew(clock, jar, visit)
  const copy = jar.copy()
  expect(await visit('logout', jar)).toEqual(NONE)
  expect(await visit('read', jar)).toEqual(NONE)
  expect(await visit('read', copy)).toEqual(NONE)
}

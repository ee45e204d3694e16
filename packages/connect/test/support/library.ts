import type { SessionOptions } from '@sojourn/session-core'
import session from 'express-session'
import { type SojournStoreOptions, sojournStore } from '../../src'

/** What the tests keep in a session. */
export interface Data {
  user?: string | number
  cart?: string[]
  passport?: { user: string }
  body?: unknown
  a?: number
  b?: number
  old?: number
}

type Loaded = Data & { cookie: session.Cookie }

export const secret = 'a secret for the tests of connect, long enough'

/** Another request's view of the store: every method as a promise. */
export function promised(options: Omit<SojournStoreOptions<Data>, 'secret'> & Partial<Pick<SessionOptions, 'secret'>>) {
  const store = sojournStore(session, { secret, ...options } as SojournStoreOptions<session.SessionData>)
  const call = <T>(run: (callback: (error: unknown, result?: T) => void) => void) =>
    new Promise<T | undefined>((resolve, reject) => run((error, result) => (error ? reject(error) : resolve(result))))
  return {
    store,
    /** A new session, as express-session makes it before the first save. */
    begin: (
      sid: string,
      data: object = {},
      cookie: session.CookieOptions = {},
    ): session.Session & session.SessionData => {
      const request = { sessionID: sid, sessionStore: store } as never
      const begun = store.createSession(request, { cookie: new session.Cookie() } as session.SessionData)
      for (const [name, value] of Object.entries(cookie)) Object.assign(begun.cookie, { [name]: value })
      return Object.assign(begun, data)
    },
    /** What one request loads: the session object of express-session. */
    load: (sid: string) => call<session.SessionData>((done) => store.load(sid, done)) as Promise<Loaded>,
    get: (sid: string) => call<session.SessionData | null>((done) => store.get(sid, done)) as Promise<Loaded>,
    set: (sid: string, data: object) => call<void>((done) => store.set(sid, data as session.SessionData, done)),
    touch: (sid: string, data: object) =>
      call<void>((done) => store.touch!(sid, data as session.SessionData, done as () => void)),
    destroy: (sid: string) => call<void>((done) => store.destroy(sid, done)),
  }
}

/** The JSON of a session, as a store sees it. */
export const json = (value: unknown) => JSON.parse(JSON.stringify(value))

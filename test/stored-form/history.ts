import { createRequire } from 'node:module'
import { sojournStore } from '@sojourn/session-connect'
import {
  createSessionManager,
  type RevocationStore,
  type Session,
  type SessionManager,
  type SessionStore,
} from '@sojourn/session-core'
import { CookieJar, fakeCarrier, fakeClock, seededRandom } from '@sojourn/session-testing'

/** Where a release keeps what it stores. */
export interface Place {
  readonly store: SessionStore
  readonly revocations: RevocationStore
}

/** What browsers hold when a history ends: Cookie headers, and the id of a session of express-session. */
export interface Browsers {
  readonly renewed: string
  readonly beforeRenewal: string
  readonly rememberOnly: string
  readonly anonymous: string
  readonly sealed: string
  readonly sealedLoggedOut: string
  readonly sealedEndedEverywhere: string
  readonly expressSession: string
}

const secret = 'the secret of all stored forms, which never changes'
const begun = Date.UTC(2100, 0, 1)
const later = begun + 3_300_000
const session = createRequire(new URL('../../packages/connect/package.json', import.meta.url))('express-session')

interface Data {
  cart: string[]
}

function managers({ store, revocations }: Place, clock: () => number) {
  const shared = { secret, clock, random: seededRandom(1), remember: true }
  return {
    stored: createSessionManager<Data>({ ...shared, store }) as SessionManager<Data>,
    sealed: createSessionManager<Data>({ ...shared, revocations }),
    connect: sojournStore(session, { secret, store, clock, subject: (data: { user?: string }) => data.user }),
  }
}

/** One request of a browser. */
async function visit<Answer>(
  sessions: Pick<SessionManager<Data>, 'open' | 'commit'>,
  jar: CookieJar,
  handle: (session: Session<Data>) => Answer,
): Promise<Awaited<Answer>> {
  const carrier = fakeCarrier({ cookie: jar })
  const opened = await sessions.open(carrier)
  const answer = await handle(opened)
  await sessions.commit(opened)
  jar.take(carrier.setCookies)
  return answer
}

const fill = ({ data }: Session<Data>) => {
  data.cart = ['tea']
}
const login = async (current: Session<Data>) => {
  await current.login('ada', { remember: true, label: 'Firefox', level: 2 })
  fill(current)
}

/** Lives through one session of every kind. Yields what browsers hold at the end. */
export async function live(place: Place): Promise<Browsers> {
  const clock = fakeClock(begun)
  const { stored, sealed, connect } = managers(place, clock)
  const [user, visitor] = [new CookieJar(), new CookieJar()]
  await visit(stored, user, login)
  const before = user.copy()
  while (user.header === before.header) {
    clock.advance(600)
    await visit(stored, user, (current) => current.touch()) // a renewal comes after 45 minutes
  }
  const [kept, out, everywhere] = [new CookieJar(), new CookieJar(), new CookieJar()]
  await visit(sealed, out, login)
  const copyOfOut = out.copy()
  await visit(sealed, out, (current) => current.logout())
  await visit(sealed, everywhere, login)
  await sealed.revokeAll('ada')
  clock.advance(1)
  await visit(sealed, kept, login)
  await visit(stored, visitor, fill)
  const sid = 'an id of express-session'
  const request = { sessionID: sid, sessionStore: connect } as never
  const theirs = connect.createSession(request, { cookie: new session.Cookie() })
  await new Promise((done) => connect.set(sid, Object.assign(theirs, { user: 'ada' }), done))
  await Promise.all([stored.close(), sealed.close()])
  const rememberOnly = new CookieJar()
  rememberOnly.set('__Host-remember', user.get('__Host-remember')!)
  return {
    renewed: user.header!,
    beforeRenewal: before.header!,
    rememberOnly: rememberOnly.header!,
    anonymous: visitor.header!,
    sealed: kept.header!,
    sealedLoggedOut: copyOfOut.header!,
    sealedEndedEverywhere: everywhere.header!,
    expressSession: sid,
  }
}

/** What a later release makes of it: for each browser the session that it has. */
export async function goOn(place: Place, browsers: Browsers) {
  const clock = fakeClock(later)
  const { stored, sealed, connect } = managers(place, clock)
  const seen = ({ outcome, subject, level, data }: Session<Data>) => ({ outcome, subject, level, cart: data.cart })
  const see = (sessions: Pick<SessionManager<Data>, 'open' | 'commit'>, header: string) =>
    visit(sessions, new CookieJar(header), seen)
  const found = {
    beforeRenewal: await see(stored, browsers.beforeRenewal),
    renewed: await see(stored, browsers.renewed),
    anonymous: await see(stored, browsers.anonymous),
    sealed: await see(sealed, browsers.sealed),
    sealedLoggedOut: await see(sealed, browsers.sealedLoggedOut),
    sealedEndedEverywhere: await see(sealed, browsers.sealedEndedEverywhere),
    expressSession: await new Promise((resolve, reject) =>
      connect.get(browsers.expressSession, (error: unknown, data: { user: string } | null) =>
        error ? reject(error) : resolve(data?.user),
      ),
    ),
  }
  clock.advance(3600) // the session is over
  const restored = await see(stored, browsers.rememberOnly)
  await Promise.all([stored.close(), sealed.close()])
  return { ...found, rememberOnly: restored }
}

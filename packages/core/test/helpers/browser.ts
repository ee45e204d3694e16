import {
  createSessionManager,
  type MemoryStore,
  memoryRevocations,
  memoryStore,
  type Session,
  type SessionEvent,
  type SessionManager,
  type SessionManagerOptions,
  type SessionOptions,
} from '@sojourn/session-core'
import {
  CookieJar,
  type FakeCarrier,
  type FakeCarrierOptions,
  fakeCarrier,
  fakeClock,
  seededRandom,
} from '@sojourn/session-testing'

export const SECRET = 'a secret for tests, at least 32 bytes long'

// biome-ignore lint/suspicious/noExplicitAny: tests store values of any type in a session.
export type AnyData = Record<string, any>

/** The result of one request. */
export interface Visit {
  session: Session<AnyData>
  carrier: FakeCarrier
  /** Whether the response set or cleared a cookie. */
  sentCookie: boolean
}

/** Each world has its own random seed, so that two managers never create the same id. */
let worlds = 0

type Manager = SessionManager<AnyData>

/** A client with a cookie jar. Each visit is one request, from open to commit. */
export class Browser {
  constructor(
    readonly sessions: Pick<Manager, 'open' | 'commit'>,
    readonly jar = new CookieJar(),
  ) {}

  async visit(
    handler: (session: Session<AnyData>) => unknown = () => {},
    options: FakeCarrierOptions = {},
  ): Promise<Visit> {
    const carrier = fakeCarrier({ cookie: this.jar, ...options })
    const session = await this.sessions.open(carrier)
    await handler(session)
    await this.sessions.commit(session)
    this.jar.take(carrier.setCookies)
    return { session, carrier, sentCookie: carrier.setCookies.length > 0 }
  }

  /** A copy of the cookies: held by a thief, or by a tab that has not seen the latest response. */
  copy(): Browser {
    return new Browser(this.sessions, this.jar.copy())
  }

  async outcome(): Promise<string> {
    const session = await this.sessions.open(fakeCarrier({ cookie: this.jar }))
    return session.outcome
  }
}

/** A manager with clock, randomness and store injected, together with these. */
export function world<Store extends object = MemoryStore>(
  options: Partial<SessionOptions> & {
    wrap?: (store: MemoryStore) => Store
    cookieStorage?: boolean
    memory?: MemoryStore
    /** Whether a marker goes beside a strict cookie. Default false: most tests are about the session cookie alone. */
    marker?: boolean
  } = {},
) {
  const { wrap, cookieStorage, memory: given, marker, ...rest } = options
  const clock = fakeClock()
  const events: SessionEvent[] = []
  const memory = given ?? memoryStore({ clock })
  const store = (wrap ? wrap(memory) : memory) as Store
  const sessions = createSessionManager<AnyData>({
    secret: SECRET,
    clock,
    random: seededRandom(++worlds),
    onEvent: (event) => events.push(event),
    ...rest,
    cookie: marker ? rest.cookie : { marker: false, ...rest.cookie },
    ...(cookieStorage ? {} : { store: store as unknown as MemoryStore }),
  } as SessionManagerOptions & { store: MemoryStore })
  return { sessions, clock, events, memory, store, browser: () => new Browser(sessions) }
}

/** The modes that share one behaviour. Cookie mode without revocations cannot end copies of a cookie. */
export const modes = [
  { mode: 'a store', make: (options: Parameters<typeof world>[0] = {}) => world(options) },
  {
    mode: 'the cookie, with revocations',
    make: (options: Parameters<typeof world>[0] = {}) =>
      world({ revocations: memoryRevocations(), cookieStorage: true, ...options }),
  },
  {
    mode: 'the cookie alone',
    make: (options: Parameters<typeof world>[0] = {}) => world({ cookieStorage: true, ...options }),
  },
] as const

import {
  createSessionManager,
  memoryStore,
  type Session,
  type SessionManager,
  type SessionStore,
  type SubjectIndex,
} from '@sojourn/session-core'
import { migrate, postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import { countingStore } from '@sojourn/session-testing'
import { onPostgres, onRedis } from './databases'
import { plainCarrier } from './plain-carrier'
import { table } from './report'
import { RoundTrips } from './round-trips'

/** Cost of one kind of request: store calls, and commands in round trips. */
interface Cost {
  calls: string
  trips: string
}

/** Store calls of each kind of request, and the resulting commands on Redis and Postgres. Counted at the client; nothing is timed. */
export async function requests(): Promise<void> {
  const memory = await costs(memoryStore(), new RoundTrips())
  let redis: Map<string, Cost> | undefined
  let postgres: Map<string, Cost> | undefined
  await onRedis(async (client) => {
    const trips = new RoundTrips()
    const send = (args: string[], options: object) => trips.count(() => client.sendCommand(args, options))
    redis = await costs(redisStore({ isOpen: true, sendCommand: send }), trips)
  })
  await onPostgres(async (pool) => {
    const trips = new RoundTrips()
    await migrate(pool)
    const query = (text: string, values?: unknown[]) => trips.count(() => pool.query(text, values))
    postgres = await costs(postgresStore({ query }), trips)
  })
  table(
    'requests: what one request asks of the store',
    [...memory].map(([request, { calls }]) => ({
      request,
      'store calls': calls,
      'Redis: commands in round trips': redis?.get(request)?.trips ?? '',
      'Postgres: statements in round trips': postgres?.get(request)?.trips ?? '',
    })),
  )
}

type Store = SessionStore & SubjectIndex
const managerOf = (store: Store, clock: () => number) =>
  createSessionManager({
    secret: 'a secret for benchmarks, at least 32 bytes',
    store,
    clock,
    timeouts: { idle: 3600, rolling: 3600, absolute: 86_400 },
  })
type Manager = ReturnType<typeof managerOf>

async function costs(measured: Store, trips: RoundTrips): Promise<Map<string, Cost>> {
  let now = Date.now()
  const store = countingStore(measured)
  const sessions = managerOf(store, () => now)
  const found = new Map<string, Cost>()
  for (const [name, { after = 0, subject, sessions: number = 1, request }] of Object.entries(kinds)) {
    // Count the second run: the first one also loads the script into Redis.
    for (let run = 0; run < 2; run++) {
      const user = subject === false ? undefined : `${name} ${run}`
      const cookie = await begin(sessions, user)
      for (let other = 1; other < number; other++) await begin(sessions, user)
      now += after * 1000
      store.resetCalls()
      trips.reset()
      await request(sessions, cookie, user)
      await sessions.close()
      const calls = Object.entries(store.calls)
      found.set(name, {
        calls: calls.map(([operation, count]) => `${count} ${operation}`).join(', ') || 'none',
        trips: trips.commands === 0 ? 'none' : `${trips.commands} in ${trips.roundTrips}`,
      })
    }
  }
  return found
}

/** Creates a session with data, logged in if a subject is given. Returns its cookie. */
async function begin(sessions: Manager, subject?: string): Promise<string> {
  return (await visit(sessions, undefined, async (session) => {
    session.data.cart = ['tea']
    if (subject) await session.login(subject)
  }))!
}

/** Runs one request up to the commit. Returns the cookie it sets. */
async function visit(
  sessions: SessionManager,
  cookie: string | undefined,
  handle: (session: Session) => unknown,
): Promise<string | undefined> {
  const carrier = plainCarrier(cookie)
  const session = await sessions.open(carrier)
  await handle(session)
  await sessions.commit(session)
  return carrier.cookie
}

interface Kind {
  /** Seconds since the session began. Default 0. */
  after?: number
  /** Whether the session has a subject. Default true. */
  subject?: false
  /** How many sessions the subject has. Default 1. */
  sessions?: number
  request(sessions: Manager, cookie: string, subject: string | undefined): Promise<unknown>
}

const read = (session: Session) => session.data.cart
const change = (session: Session) => {
  session.data.cart = ['milk']
}

const kinds: Record<string, Kind> = {
  'no cookie, nothing stored': { request: (sessions) => visit(sessions, undefined, read) },
  read: { request: (sessions, cookie) => visit(sessions, cookie, read) },
  'read, and a touch is due (once a minute)': {
    after: 61,
    request: (sessions, cookie) => visit(sessions, cookie, read),
  },
  'read, and a renewal is due': { after: 2800, request: (sessions, cookie) => visit(sessions, cookie, read) },
  changed: { request: (sessions, cookie) => visit(sessions, cookie, change) },
  'update(), once': {
    request: (sessions, cookie) => visit(sessions, cookie, (session) => session.update('n', (n = 0) => Number(n) + 1)),
  },
  'first change of a new visitor': { subject: false, request: (sessions) => visit(sessions, undefined, change) },
  'login, from no session': {
    subject: false,
    request: (sessions) => visit(sessions, undefined, (session) => session.login('ada')),
  },
  'login, from an anonymous session': {
    subject: false,
    request: (sessions, cookie) => visit(sessions, cookie, (session) => session.login('ben')),
  },
  'login again, as the same subject': {
    request: (sessions, cookie, subject) => visit(sessions, cookie, (session) => session.login(subject!)),
  },
  destroy: { request: (sessions, cookie) => visit(sessions, cookie, (session) => session.destroy()) },
  'revokeAll of a subject with three sessions': {
    sessions: 3,
    request: (sessions, _, subject) => sessions.revokeAll(subject!),
  },
}

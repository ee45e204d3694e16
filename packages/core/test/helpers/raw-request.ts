import type { Session, SessionManager, SessionManagerOptions, SessionOptions } from '@sojourn/session-core'
import { type FakeClock, fakeCarrier } from '@sojourn/session-testing'
import { SECRET } from './browser'

/** The result of a request: the handle, the Set-Cookie lines but for the marker's, and the next request's Cookie header. */
export interface Visit<Data> {
  session: Session<Data>
  lines: string[]
  cookie: string
}

/** Runs one request with the given Cookie header: open, handler, commit. */
export async function visit<Data>(
  sessions: SessionManager<Data>,
  cookie?: string,
  handler: (session: Session<Data>) => unknown = () => {},
): Promise<Visit<Data>> {
  const carrier = fakeCarrier({ cookie })
  const session = await sessions.open(carrier)
  await handler(session)
  await sessions.commit(session)
  const lines = carrier.setCookies.filter((line) => !/^[^=]*-at=/.test(line))
  return { session, lines, cookie: lines.map((line) => line.split(';', 1)[0]).join('; ') }
}

/** Opens a session with the given Cookie header and returns its outcome. */
export const outcomeOf = async (sessions: SessionManager, cookie: string): Promise<string> =>
  (await sessions.open(fakeCarrier({ cookie }))).outcome

/** Options with a secret and a clock. */
export const withDefaults = (clock: FakeClock, options: Partial<SessionOptions> = {}): SessionManagerOptions =>
  ({ secret: SECRET, clock, ...options }) as SessionManagerOptions

import { createSessionManager, memoryRevocations, type SessionStore, type SubjectIndex } from '@sojourn/session-core'
import { fakeCarrier } from '@sojourn/session-testing'
import { SECRET } from './terminal'

/** A manager as an application has it, on a clock that a test can move. */
export function siteOn(store: (SessionStore & SubjectIndex) | undefined, secret = SECRET) {
  let ahead = 0
  const options = {
    secret,
    clock: () => Date.now() + ahead,
    timeouts: { idle: 900, rolling: 1000, absolute: 86_400, staleTtl: 10 },
  }
  const sessions = store
    ? createSessionManager({ ...options, store })
    : createSessionManager({ ...options, revocations: memoryRevocations({ clock: options.clock }) })
  /** One request with these cookies. Yields the Cookie header that the browser has afterwards. */
  async function visit(cookie: string | undefined, handler: (session: Session) => unknown = () => {}) {
    const carrier = fakeCarrier({ ...(cookie !== undefined && { cookie }) })
    const session = await sessions.open(carrier)
    await handler(session)
    await sessions.commit(session)
    const set = carrier.setCookies.map((line) => line.split(';')[0]!)
    return { cookie: set.length > 0 ? set.join('; ') : cookie, session }
  }
  return {
    sessions,
    visit,
    advance(seconds: number) {
      ahead += seconds * 1000
    },
    reset() {
      ahead = 0
    },
  }
}

type Session = Awaited<ReturnType<ReturnType<typeof createSessionManager>['open']>>

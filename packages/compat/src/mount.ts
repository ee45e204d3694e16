import { type HttpCarrier, type Session, type SessionManager, SessionUsageError } from '@sojourn/session-core'
import { Bag, type Mount, type Shape } from './bag'
import type { Settings } from './options'

const OF_REQUEST = Symbol('bag')

/** The bag of a request; undefined where it has none. */
export const bagOf = (request: object): Bag | undefined => (request as { [OF_REQUEST]?: Bag })[OF_REQUEST]

/** A manager for the adapter: it opens and commits bags over those of `sessions`, whose strict handles stay at `of`. */
export function bagManager<Data>(sessions: SessionManager<Data>, settings: Settings, shape: Shape) {
  const mount: Mount = { shape, settings, policy: sessions.describe() }
  const manager = {
    ...sessions,
    async open(carrier: HttpCarrier, request: object) {
      const handle = await sessions.open(carrier, request)
      const bag = new Bag(handle as unknown as Session, carrier, mount)
      Object.defineProperty(request, OF_REQUEST, { value: bag, configurable: true })
      return bag
    },
    commit(bag: Bag) {
      const stored = bag.commit()
      // Values that name a subject, without its login, would let the old token in as that subject.
      if (bag.isRefused) return stored
      const commit = () => sessions.commit(bag.handle as unknown as Session<Data>)
      return stored ? stored.then(commit) : commit()
    },
  }
  // The adapter passes what `open` yields to `commit`, and uses it for nothing else.
  return manager as unknown as SessionManager<Data>
}

/** The error for a request that has something at `path` already. `library`: whose place `compatSession` takes. */
export const alreadyOpen = (path: string, library: string) =>
  new SessionUsageError(
    'ERR_SESSION_ALREADY_OPEN',
    `${path} exists already: another middleware uses it, or compatSession is mounted twice. Mount it once, in place of ${library}.`,
  )

import { type SessionManager, SessionUsageError } from '@sojourn/session-core'
import { settle } from './bag'
import { bagOf } from './mount'

type Callback = (error?: unknown) => void

/** `req.sessionStore`: what packages call on it, and refusals of the rest. */
export function sessionStore<Data>(sessions: SessionManager<Data>): object {
  const { revoke } = sessions as SessionManager<Data> & { revoke(id: string): Promise<unknown> }
  const store = {
    destroy(id: string, callback?: Callback) {
      const ended = revoke(id).then(() => {})
      // Without a callback, as express-session: a store that is down must not end the process.
      ended.catch(() => {})
      return settle(ended, store, callback)
    },
    regenerate(request: object, callback?: Callback) {
      return settle(bagOf(request)!.regenerate(), store, callback)
    },
    generate(request: object) {
      bagOf(request)!.regenerate()
    },
  }
  for (const name of ['get', 'all', 'set', 'length', 'clear', 'touch', 'createSession', 'load']) {
    Object.defineProperty(store, name, {
      value: () => {
        throw new SessionUsageError(
          'ERR_SESSION_UNSUPPORTED',
          `req.sessionStore.${name}() is refused: sessions are found by their subject, await sessions.list(subject).`,
        )
      },
    })
  }
  return store
}

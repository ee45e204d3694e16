import { memberOf, SessionConfigError } from '#check'
import { administration, type SubjectAdministration } from './administration'
import { resolveOptions, type SojournStoreOptions } from './options'
import { SessionRows } from './session-rows'

/** express-session or @fastify/session: what their module exports. */
export interface SessionLibrary {
  /** The class that its stores extend. */
  readonly Store: unknown
}

// The types of @fastify/session say of `Store` that it is an instance, and not the class.
type StoreOf<Library> = Library extends { Store: abstract new (...args: never) => infer Store }
  ? Store
  : Library extends { Store: infer Store extends object }
    ? Store
    : object

type DataOf<Store> = Store extends { set(sid: string, session: infer Data, ...rest: never): unknown }
  ? Data
  : Record<string, unknown>

/** A store for the session library, with `list`, `revoke` and `revokeAll`. */
export type SojournStore<Library> = StoreOf<Library> & SubjectAdministration

type Callback<Result = void> = (error: unknown, result?: Result) => void
type CreateSession = (request: unknown, session: object) => object

/**
 * A store for express-session or @fastify/session that keeps its sessions in one of Sojourn's. The library and its cookies stay
 * as they are.
 *
 * Saves are merged per top-level key: of parallel requests, none undoes what another has changed. Of one request, the last save
 * decides, also if none is awaited. A session that was destroyed, revoked or has expired is never written again; such a save calls
 * back without an error, and is the event `change-dropped`. Rows are sealed, and their ids are hashes of the session ids. Each
 * store call has a time limit.
 *
 * A call of `set` with what `get` yields, or with a copy `{ ...session }` of it or of a library's session, is merged in the same
 * way, and removes the keys that it lacks. Any other object, such as one parsed from JSON, replaces all data of the session.
 *
 * Errors go to the callback: `SessionStoreError` (`statusCode` 503) if the store fails,
 * `SessionBusyError` (503) if earlier saves of the session in this process take longer than `storeTimeout`,
 * `ERR_SESSION_NOT_SERIALIZABLE` for data that JSON cannot hold or that is nested more than 500 levels deep, `ERR_SESSION_TOO_LARGE`
 * above `maxBytes`. `get` yields null for a session that is absent or expired, or whose row does not open.
 *
 * @param library The session library itself.
 * @example
 * import session from 'express-session'
 * app.use(session({ secret, store: sojournStore(session, { store: redisStore(client), secret }) }))
 * @throws SessionConfigError naming the option that is missing, unknown or wrong.
 */
export function sojournStore<Library extends SessionLibrary>(
  library: Library,
  options: SojournStoreOptions<DataOf<StoreOf<Library>>>,
): SojournStore<Library> {
  const Base = baseOf(library)
  const sessions = new SessionRows(resolveOptions(options as unknown as SojournStoreOptions))

  class ConnectStore extends Base {
    get(sid: string, callback?: Callback<object | null>): void {
      settle(sessions.get(sid), callback)
    }

    set(sid: string, session: object, callback?: Callback): void {
      settle(sessions.set(sid, session), callback)
    }

    touch(sid: string, session: object, callback?: Callback): void {
      settle(sessions.touch(sid, session), callback)
    }

    destroy(sid: string, callback?: Callback): void {
      settle(sessions.destroy(sid), callback)
    }
  }

  const store = Object.assign(new ConnectStore(), administration(sessions))
  const { createSession } = store as unknown as { createSession?: CreateSession }
  if (createSession) Object.assign(store, { createSession: remembering(createSession, sessions) })
  return store as unknown as SojournStore<Library>
}

function baseOf(library: SessionLibrary): new () => object {
  const Store = memberOf(Object(library), 'Store')
  if (typeof Store === 'function') return Store as new () => object
  const first = 'the first argument is express-session or @fastify/session itself'
  throw new SessionConfigError('library', `has no Store: ${first}, as in sojournStore(session, { store, secret })`)
}

/** express-session makes its session object from what `get` has returned. */
const remembering = (createSession: CreateSession, { baselines }: SessionRows): CreateSession =>
  function (this: unknown, request, session) {
    const created = createSession.call(this, request, session)
    baselines.copied(session, created)
    return created
  }

/** Calls back outside the promise: what the callback throws is its caller's error, and no unhandled rejection. */
function settle<Result>(promise: Promise<Result>, callback: Callback<Result> = () => {}): void {
  promise.then(
    (result) => queueMicrotask(() => callback(null, result)),
    (error) => queueMicrotask(() => callback(error)),
  )
}

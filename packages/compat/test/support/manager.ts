import { createSessionManager, type MemoryStore, memoryStore, type SessionStoreOptions } from '@sojourn/session-core'

export const SECRET = 'a secret of more than thirty-two bytes'

// biome-ignore lint/suspicious/noExplicitAny: tests keep values of any type.
export type AnyData = Record<string, any>

/** A manager for plain http, with a store. */
export const manager = (options: Partial<SessionStoreOptions> = {}) =>
  createSessionManager<AnyData>({
    secret: SECRET,
    store: memoryStore(),
    cookie: { secure: false, name: 'session', sameSite: 'lax' },
    ...options,
  } as SessionStoreOptions & { store: MemoryStore })

/** A manager whose sessions are in the cookie. */
export const sealedManager = () =>
  createSessionManager<AnyData>({ secret: SECRET, cookie: { secure: false, name: 'session', sameSite: 'lax' } })

import { createSessionManager, memoryStore } from '@sojourn/session-core'

const create = () =>
  createSessionManager<{ cart: string[] }>({ secret: process.env.SESSION_SECRET!, store: memoryStore() })

/** Next loads a module more than once, and all of them need the same store. */
const shared = globalThis as { sessions?: ReturnType<typeof create> }
shared.sessions ??= create()
export const { sessions } = shared

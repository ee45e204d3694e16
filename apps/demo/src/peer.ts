import { MemoryStore, type Store } from 'express-session'

/** The store that people use with express-session for the same kind of storage, so that a comparison is fair. */
export interface Peer {
  /** The name of its package. */
  readonly name: string
  readonly store: Store
  /** Deletes what it has stored. */
  close(): Promise<unknown>
}

/** express-session's own store, in this process. It has none that keeps the session in the cookie. */
export const memoryPeer = async (): Promise<Peer> => ({
  name: 'MemoryStore',
  store: new MemoryStore(),
  close: async () => {},
})

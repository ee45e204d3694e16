import { memberOf } from '../check'
import { isViewOf } from './circuit-breaker'
import type { RevocationStore, SessionStore, StoredSession, SubjectIndex } from './store'

/** A view of a store through which nothing can be changed. It reads each row once, so that all who look see the same. */
export function readOnlyStore(store: SessionStore): SessionStore {
  const rows = new Map<string, Promise<StoredSession | null>>()
  const refuse = async () => false
  const index = store as SessionStore & SubjectIndex
  const view = {
    inMemory: memberOf(store, 'inMemory') === true,
    read(id: string) {
      const row = rows.get(id) ?? store.read(id)
      rows.set(id, row)
      return row
    },
    create: refuse,
    update: refuse,
    touch: refuse,
    delete: refuse,
    ...(memberOf(store, 'listBySubject') !== undefined && {
      listBySubject: (key, page) => index.listBySubject(key, page),
    }),
  } satisfies SessionStore & Partial<SubjectIndex>
  return isViewOf(view, store)
}

/** The same for revocations. */
export const readOnlyRevocations = (store: RevocationStore): RevocationStore =>
  isViewOf<RevocationStore>({ read: (keys) => store.read(keys), revoke: async (_, { nonce }) => nonce }, store)

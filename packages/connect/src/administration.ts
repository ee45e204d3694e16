import { SessionUsageError } from '@sojourn/session-core'
import type { SessionRows } from './session-rows'

/** One session in a list. */
export interface StoredSessionSummary {
  /** The public id, for `revoke`: a hash of the session id. It is safe to log, and no one can make a cookie of it. */
  id: string
  /** When the session was first saved, epoch ms. */
  createdAt: number
  /** The last request, epoch ms. */
  lastActiveAt: number
  /** When the session ends if nothing more happens, epoch ms. */
  expiresAt: number
}

/** What a store can do beside the methods that the session library calls. */
export interface SubjectAdministration {
  /** The public id of the session with this session id, such as `req.sessionID`. */
  idOf(sessionId: string): Promise<string>
  /**
   * The live sessions of a subject, in order of id. `limit`: the most to return, default 100. `after`: the last id of the
   * previous page.
   * @throws SessionUsageError `ERR_SESSION_USAGE` for a subject that is not a string, or is empty.
   * @throws SessionUsageError `ERR_SESSION_UNSUPPORTED` without the option `subject`, or if the store has no index of subjects.
   * @throws SessionStoreError if the store fails.
   */
  list(subject: string, page?: { limit?: number; after?: string }): Promise<StoredSessionSummary[]>
  /**
   * Ends the session with this public id. False if there is none.
   * @throws SessionStoreError if the store fails. The session may live on, so call it again.
   */
  revoke(id: string): Promise<boolean>
  /**
   * Ends all sessions of a subject, but for the one with the public id `except`. With `readLegacy`, also those that are still
   * in the old store. Resolves to how many ended.
   * @example
   * await store.revokeAll(user.id, { except: await store.idOf(req.sessionID) }) // sign out on all other devices
   * @throws SessionUsageError as {@link list} does.
   * @throws SessionStoreError if the store fails; call it again to go on.
   */
  revokeAll(subject: string, options?: { except?: string }): Promise<number>
}

/** Lists and ends sessions without their cookies. */
export function administration(sessions: SessionRows): SubjectAdministration {
  const { rows, subject: subjectOf } = sessions.settings

  function needsSubject(task: string): void {
    if (subjectOf) return
    throw new SessionUsageError(
      'ERR_SESSION_UNSUPPORTED',
      `This store cannot ${task}: that needs the option subject, which tells whose session it is.`,
    )
  }

  return {
    idOf: (sessionId) => rows.idOf(sessionId),
    async list(subject, page) {
      needsSubject('list sessions')
      const found = await rows.list(subject, page)
      return found.map(({ id, createdAt, touchedAt, lifetime }) => ({
        id,
        createdAt,
        lastActiveAt: touchedAt,
        expiresAt: touchedAt + lifetime,
      }))
    },
    revoke: (id) => sessions.revoke(id),
    async revokeAll(subject, options) {
      needsSubject('end all sessions of a subject')
      return sessions.revokeAll(subject, options)
    },
  }
}

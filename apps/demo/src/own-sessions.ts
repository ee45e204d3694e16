import type { Session, SessionSummary } from '@sojourn/session-core'
import { Refusal } from './answer'
import type { Sessions } from './storages'

/** What the page shows of a session. */
export function facts(session: Session) {
  const { id, outcome, subject, data, createdAt, authenticatedAt, remaining } = session
  const { idle, rolling, absolute } = remaining
  return { id, outcome, subject, data, createdAt, authenticatedAt, remaining: { idle, rolling, absolute } }
}

/** Refuses a request without a user. @throws Refusal 401 with the outcome, which says why there is none. */
export function needsUser({ subject, outcome }: Session): void {
  if (subject === undefined) throw new Refusal(401, 'ERR_NO_SESSION', 'You are not logged in.', { outcome })
}

/** All sessions of the user, page by page; `current` marks the one that asks. */
export async function listOwn(
  sessions: Sessions,
  session: Session,
): Promise<(SessionSummary & { current: boolean })[]> {
  const limit = 100
  const all = await sessions.list(session.subject!, { limit })
  for (let page = all; page.length === limit; all.push(...page)) {
    page = await sessions.list(session.subject!, { limit, after: page.at(-1)!.id })
  }
  return all.map((summary) => ({ ...summary, current: summary.id === session.id }))
}

/** Ends one of the user's own sessions. @throws Refusal 404 for the id of no session, or of another user's. */
export async function endOwn(sessions: Sessions, session: Session, id: string): Promise<void> {
  if (id === session.id) return session.destroy()
  if (!(await sessions.revoke(id, { subject: session.subject! })))
    throw new Refusal(404, 'ERR_NOT_FOUND', 'You have no session of this id.')
}

/** Ends all other sessions of the user. Yields how many; null in cookie mode, which cannot count them. */
export const endOthers = async (sessions: Sessions, session: Session): Promise<number | null> =>
  (await sessions.revokeAll(session.subject!, { except: session.id })) ?? null

import type { Session } from '../session/session'

/** A fact of a session that a `Session-*` header can carry (Kong `request_headers`, `response_headers`). */
export type SessionHeader =
  | 'id'
  | 'audience'
  | 'subject'
  | 'timeout'
  | 'idling-timeout'
  | 'rolling-timeout'
  | 'absolute-timeout'

/**
 * The `Session-*` headers of a session, by name in lower case. Timeouts are whole seconds; `timeout` is the nearest one.
 * Text is percent-encoded as by `encodeURI`. A fact without a value has no header: the subject if no user is logged in, a
 * clock that is switched off. A new session has none at all.
 * @example
 * for (const [name, value] of Object.entries(sessionHeaders(session, ['subject', 'timeout']))) res.setHeader(name, value)
 */
export function sessionHeaders(session: Session<never>, names: readonly SessionHeader[]): Record<string, string> {
  if (session.isNew) return {}
  const { idle, rolling, absolute, nearest } = session.remaining
  const facts: Record<SessionHeader, string | number | undefined> = {
    id: session.id,
    audience: session.audience,
    subject: session.subject,
    timeout: nearest,
    'idling-timeout': idle,
    'rolling-timeout': rolling,
    'absolute-timeout': absolute,
  }
  const headers: Record<string, string> = {}
  for (const name of names) {
    const value = facts[name]
    if (value === undefined || value === Number.POSITIVE_INFINITY) continue
    // Lone surrogates have no UTF-8 form, so encodeURI would throw: replace them.
    headers[`session-${name}`] = encodeURI(String(value).replace(/\p{Surrogate}/gu, '\ufffd'))
  }
  return headers
}

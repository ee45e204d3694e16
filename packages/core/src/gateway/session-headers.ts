import { strip } from '../http/cookie'
import { isPartOf } from '../http/request-cookie'
import type { Session } from '../session/session'

/** A fact of a session that can be told in a header (Kong `request_headers`, `response_headers`). */
export type SessionHeader =
  | 'id'
  | 'audience'
  | 'subject'
  | 'timeout'
  | 'idling-timeout'
  | 'rolling-timeout'
  | 'absolute-timeout'

/** Headers by name, as Node has them. */
export type HeaderRecord = Record<string, string | string[] | undefined>

// With whatever may stand in a name besides letters and digits: CGI, WSGI and their kin cannot tell underscores from hyphens,
// and PHP makes underscores of dots as well.
const SESSION_HEADER = /^session[\W_](?:id|audience|subject|(?:(?:idling|rolling|absolute)[\W_])?timeout)$/i

/**
 * The `Session-*` headers of a session, texts percent-encoded as by `encodeURI`; none for a new one. A clock that is off,
 * and nobody's subject, have no header.
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
    // A subject is an application's text; a header is bytes without controls. Half a character has no bytes at all.
    headers[`session-${name}`] = encodeURI(String(value).replace(/\p{Surrogate}/gu, '\ufffd'))
  }
  return headers
}

/**
 * A request's headers as a proxy should forward them: without what a client claims of a session (in `Session-*`, with hyphens or
 * what is taken for them), without our cookies, and with what is true. `hide` names the cookies; their chunks go with them.
 */
export function forwardedHeaders(
  headers: HeaderRecord,
  options: { session?: Session<never>; names?: readonly SessionHeader[]; hide?: readonly string[] },
): HeaderRecord {
  const { session, names = [], hide = [] } = options
  const forwarded: HeaderRecord = {}
  for (const [name, value] of Object.entries(headers)) {
    // Node sends no header without a value: it throws.
    if (value === undefined || SESSION_HEADER.test(name)) continue
    if (name.toLowerCase() !== 'cookie') forwarded[name] = value
    else {
      const rest = withoutCookies([value].flat().join('; '), hide)
      if (rest) forwarded[name] = rest
    }
  }
  return session ? { ...forwarded, ...sessionHeaders(session, names) } : forwarded
}

/** A Cookie header without the cookies of these names and their chunks; empty where nothing is left. */
function withoutCookies(header: string, names: readonly string[]): string {
  const ours = (pair: string) => {
    const name = strip(pair.split('=', 1)[0]!)
    return names.some((hidden) => isPartOf(name, hidden))
  }
  return header
    .split(';')
    .filter((pair) => !ours(pair))
    .join(';')
    .replace(/^[ \t]+/, '')
}

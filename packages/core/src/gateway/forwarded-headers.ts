import { own } from '../check'
import { strip } from '../http/cookie'
import { isPartOf } from '../http/request-cookie'
import { markerName } from '../http/withheld'
import type { Session } from '../session/session'
import { type SessionHeader, sessionHeaders } from './session-headers'

/** Headers by name, as Node represents them. */
export type HeaderRecord = Record<string, string | string[] | undefined>

/** Options of {@link forwardedHeaders}. */
export interface ForwardedHeadersOptions {
  /**
   * The session of the request.
   * @default none: no `Session-*` header is added
   */
  session?: Session<never>
  /**
   * Which `Session-*` headers to add.
   * @default []
   */
  names?: readonly SessionHeader[]
  /**
   * The names of the cookies to remove. Their chunks are removed too.
   * @default []
   */
  hide?: readonly string[]
}

// Any punctuation counts as a separator: CGI and WSGI cannot tell underscores from hyphens, and PHP replaces dots as well.
const SESSION_HEADER = /^session[\W_](?:id|audience|subject|(?:(?:idling|rolling|absolute)[\W_])?timeout)$/i

/**
 * The headers that a proxy should send to its upstream, made of those of the request. A client's own `Session-*` headers are
 * removed, also in a spelling that an upstream could take for them, and so are the cookies that `hide` names. The true
 * `Session-*` headers are added.
 * @example
 * const headers = forwardedHeaders(req.headers, { session, names: ['subject'], hide: ['__Host-session'] })
 * http.request({ host: 'upstream', path: req.url, headers })
 */
export function forwardedHeaders(headers: HeaderRecord, options: ForwardedHeadersOptions): HeaderRecord {
  const { session, names = [], hide = [] } = own(options)
  const forwarded: HeaderRecord = {}
  for (const [name, value] of Object.entries(headers)) {
    // Node throws on a header without a value.
    if (value === undefined || SESSION_HEADER.test(name)) continue
    if (name.toLowerCase() !== 'cookie') forwarded[name] = value
    else {
      const rest = withoutCookies([value].flat().join('; '), hide)
      if (rest) forwarded[name] = rest
    }
  }
  return session ? { ...forwarded, ...sessionHeaders(session, names) } : forwarded
}

/** A Cookie header without the cookies of these names, their chunks and their markers; empty if none is left. */
function withoutCookies(header: string, names: readonly string[]): string {
  const isHidden = (pair: string) => {
    const name = strip(pair.split('=', 1)[0]!)
    return names.some((hidden) => isPartOf(name, hidden) || name === markerName(hidden))
  }
  return strip(
    header
      .split(';')
      .filter((pair) => !isHidden(pair))
      .join(';'),
  )
}

import type { FreshnessOptions, SessionManager } from '@sojourn/session-core'
import { checkFreshness } from '#freshness'
import { checkMount } from './check-mount'

/**
 * A guard for routes that need a fresh login: it returns if the login of the request's session is as fresh as `options` ask, and
 * throws if not. The session must be open already. See `session.requireFresh` for one place in a handler.
 * @throws SessionConfigError if `sessions` is not a manager, for wrong options, and if they ask for nothing.
 * @example
 * const fresh = requireFresh(sessions, { within: 300 })
 * fresh(req) // throws SessionNotFreshError, 401
 */
export function requireFresh<Data>(
  sessions: SessionManager<Data>,
  options: FreshnessOptions,
): (request: object) => void {
  checkMount('requireFresh', sessions, {})
  const checked = checkFreshness('requireFresh', options)
  return (request) => sessions.of(request).requireFresh(checked)
}
